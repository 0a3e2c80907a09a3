/** docs/stored-values.md says what holds. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { MAX_BIGINT_DIGITS, MAX_DEPTH, MAX_ERROR_TEXT, MAX_TEXT } from "../../lib/codec/limits";
import { codeBlocks } from "../documents";
import { codec } from "./host";

const page = readFileSync(path.resolve(__dirname, "../../docs/stored-values.md"), "utf8");

test("the limits are the ones that are enforced", () => {
  const rows = [...page.matchAll(/^\| [^|]+ \| ([\d,]+) +\| `(VALUE_\w+)` +\|$/gm)];
  expect(rows.map(([, number, code]) => [number, code])).toEqual([
    [MAX_TEXT.toLocaleString("en-US"), "VALUE_TOO_LARGE"],
    [MAX_DEPTH.toLocaleString("en-US"), "VALUE_TOO_DEEP"],
    [MAX_BIGINT_DIGITS.toLocaleString("en-US"), "VALUE_TOO_LARGE"],
  ]);
  expect(page).toContain(`more than ${MAX_ERROR_TEXT.toLocaleString("en-US")} characters is cut`);
});

test("the stored texts that are shown are read as the page says, and written the same", () => {
  const lines = codeBlocks(page).flatMap(({ code }) => code.split("\n"));
  const texts = lines.filter((line) => /^1[jr]/.test(line));
  const order = { due: new Date(1767323045006), lines: new Map([["a", 31n]]), note: undefined };
  const rich = Object.assign(order, { self: order });
  expect(texts.map((text) => codec.decode(text))).toEqual([{ id: "ord_1", paid: true }, rich]);
  expect(texts.map((text) => codec.encode(codec.decode(text), "step arguments"))).toEqual(texts);
});

test("the refusal that is shown is the one that people get", () => {
  const order = { items: [1, 2, { price() {} }] };
  const [shown] = codeBlocks(page).filter(({ code }) => code.startsWith("Failed to serialize"));
  const text = shown!.code.trim().replace(/\s+/g, " ");
  expect(() => codec.encode([{ order }], "step arguments")).toThrow(text);
});

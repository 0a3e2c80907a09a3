/** The blocks of babel-plugin/SPEC.md are what the compiler does; `npm run fixtures:update` rewrites them. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Mode } from "../../babel-plugin/options";
import { CompileError } from "../../lib/contract/error";
import { compile } from "./compile";

const SPEC = path.resolve(__dirname, "../../babel-plugin/SPEC.md");
const BLOCK = /```(?:ts|text) (\w+)\n([\s\S]*?)```/g;

test("every block of SPEC.md is what the compiler gives", () => {
  const before = readFileSync(SPEC, "utf8");
  let input = "";
  let blocks = 0;
  const after = before.replace(BLOCK, (block, kind: string, text: string) => {
    if (kind === "input") {
      input = text;
      return block;
    }
    blocks++;
    return (
      "```" + `${kind === "error" ? "text" : "ts"} ${kind}\n${outputOf(input, kind)}\n` + "```"
    );
  });
  if (process.env.UPDATE_FIXTURES === "1") writeFileSync(SPEC, after);
  expect(readFileSync(SPEC, "utf8")).toBe(after);
  expect(blocks).toBeGreaterThan(25);
});

function outputOf(input: string, kind: string): string {
  try {
    const output = compile(input, kind === "error" ? "host" : (kind as Mode));
    return kind === "step" || kind === "client" ? output : withoutHelper(output);
  } catch (error) {
    if (!CompileError.is(error) || kind !== "error") throw error;
    return error.message.slice(error.message.indexOf(": ") + 2);
  }
}

function withoutHelper(output: string): string {
  return output.replace(/\nfunction _everstep\([\s\S]*$/, "");
}

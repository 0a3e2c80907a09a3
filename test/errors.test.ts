import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { buildWorkflows } from "../lib/build/build-workflows";
import { BuildError, ERROR_TABLE, type ErrorCode } from "../lib/contract/error";
import { tempProject } from "./build/temp-project";
import { codeBlocks, sectionsOf } from "./documents";
import { sourceFiles } from "./import-table";

const ROOT = path.resolve(__dirname, "..");
const PAGES = path.join(ROOT, "docs/errors");
const CODES = Object.keys(ERROR_TABLE) as ErrorCode[];
const SECTIONS = ["What it means", "Example", "What to do"];

/** Their examples are in TypeScript, and what is wrong with them shows when they run. */
const RAISED_AT_RUN_TIME: readonly string[] = ["WORKFLOW_CALLED_DIRECTLY"];

function pageOf(code: string): string {
  return readFileSync(path.join(PAGES, `${code}.md`), "utf8");
}

/** The TypeScript in a section of a code's page. */
function samples(code: string, section: string): string[] {
  const text = sectionsOf(pageOf(code)).get(section) ?? "";
  const blocks = codeBlocks(text).filter(({ language }) => language === "ts");
  return blocks.map(({ code }) => code);
}

/** The codes of everything that a build of the sample complains about. */
async function codesOfBuild(sample: string): Promise<string[]> {
  const cwd = tempProject({ "workflows/sample.ts": sample });
  const failure = await buildWorkflows({ cwd }).then(
    () => null,
    (error: unknown) => error,
  );
  if (failure === null) return [];
  if (!BuildError.is(failure)) throw failure;
  return [failure.code, ...failure.errors.map(({ code }) => code)];
}

test("every code has a page, and every page a code", () => {
  const pages = readdirSync(PAGES).map((file) => file.replace(/\.md$/, ""));
  expect(pages.sort()).toEqual([...CODES].sort());
});

test.each(CODES)("the page of %s says what it means, shows an example and what to do", (code) => {
  const page = pageOf(code);
  expect(page.split("\n")[0]).toBe(`# ${code}`);
  const sections = sectionsOf(page);
  expect([...sections.keys()]).toEqual(SECTIONS);
  expect(codeBlocks(sections.get("Example") ?? "").length).toBeGreaterThan(0);
  for (const text of sections.values()) expect(text.length).toBeGreaterThan(20);
});

const withSample = CODES.filter((code) => samples(code, "Example").length > 0);
const built = withSample.filter((code) => !RAISED_AT_RUN_TIME.includes(code));

test.each(built)("the example on the page of %s raises it", async (code) => {
  for (const sample of samples(code, "Example")) {
    expect(await codesOfBuild(sample)).toContain(code);
  }
});

const remedied = CODES.filter((code) => samples(code, "What to do").length > 0);

test.each(remedied)("what the page of %s says to do builds", async (code) => {
  for (const sample of samples(code, "What to do")) {
    expect(await codesOfBuild(sample)).toEqual([]);
  }
});

test("every code is raised by something", () => {
  // In the table itself codes have no quotes.
  const text = sourceFiles(ROOT)
    .map((file) => readFileSync(path.join(ROOT, file), "utf8"))
    .join("\n");
  expect(CODES.filter((code) => !text.includes(`"${code}"`))).toEqual([]);
});

test("every remedy is a sentence", () => {
  const remedies = CODES.map((code) => ERROR_TABLE[code].remedy);
  expect(remedies.filter((remedy) => !/^[A-Z].*\.$/.test(remedy))).toEqual([]);
});

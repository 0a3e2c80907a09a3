import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { buildWorkflows } from "../lib/build/build-workflows";
import { BuildError, ERROR_TABLE, type ErrorCode } from "../lib/contract/error";
import { registryRecords } from "../lib/contract/registry";
import { tempProject } from "./build/temp-project";
import { codeBlocks, sectionsOf } from "./documents";
import { openApp, startOf } from "./engine/test-app";
import { sourceFiles } from "./import-table";
import { run } from "./installed-package";

const ROOT = path.resolve(__dirname, "..");
const PAGES = path.join(ROOT, "docs/errors");
const CODES = Object.keys(ERROR_TABLE) as ErrorCode[];
const SECTIONS = ["What it means", "Example", "What to do"];

/** Their examples are in TypeScript, and what is wrong with them shows when they run. */
const RAISED_AT_RUN_TIME: readonly string[] = [
  "WORKFLOW_CALLED_DIRECTLY",
  ...["START_INVALID", "START_OPTION_INVALID", "RUN_KEY_TAKEN", "RUN_NOT_FOUND", "RUN_FAILED"],
  ...[
    "RUN_CANCELLED",
    "RUN_OVER",
    "RETRY_OPTION_INVALID",
    "RUN_TIMED_OUT",
    "RUNTIME_OPTION_INVALID",
    "STREAM_OPTION_INVALID",
    "USER_ERROR",
  ],
  ...["MAX_EVENTS_EXCEEDED"],
  ...["STREAM_CLOSED", "STREAM_BROKEN", "STREAM_GAP", "STREAM_UNKNOWN"],
  "STREAM_OPTION_INVALID",
  ...["WEBHOOK_NOT_ANSWERED", "WEBHOOK_TIMEOUT", "WEBHOOK_ANSWERED"],
  "WORKFLOW_OPTION_INVALID",
  ...["STEP_OPTION_INVALID", "STEP_LOST", "RUNTIME_STOPPED", "WORLD_CLOSED", "HOOK_NOT_FOUND"],
  ...["WAIT_TIMED_OUT", "WAIT_IN_VAIN", "CRASH_POINT_FAILED"],
];

function pageOf(code: string): string {
  return readFileSync(path.join(PAGES, `${code}.md`), "utf8");
}

/** The TypeScript in a section of a code's page. */
function samples(code: string, section: string): string[] {
  const text = sectionsOf(pageOf(code)).get(section) ?? "";
  const blocks = codeBlocks(text).filter(({ language }) => language === "ts");
  return blocks.map(({ code }) => code);
}

function hasDirective(sample: string): boolean {
  return /^\s*"use (?:workflow|step)";$/m.test(sample);
}

/** A project that can import this package. */
function projectWith(files: Record<string, string>): string {
  const folder = tempProject(files);
  mkdirSync(path.join(folder, "node_modules"));
  symlinkSync(ROOT, path.join(folder, "node_modules/everstep"), "dir");
  return folder;
}

/** The codes of everything that a build of the sample complains about. */
async function codesOfBuild(sample: string): Promise<string[]> {
  const cwd = projectWith({ "workflows/sample.ts": sample });
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

/** Those with a directive; test/docs.test.ts checks the types of the others. */
const startable = (code: string) => samples(code, "Example").filter(hasDirective);
const notBuilt = withSample.filter((code) => !built.includes(code) && startable(code).length > 0);

test.each(notBuilt)("the example on the page of %s builds: it is raised later", async (code) => {
  for (const sample of startable(code)) expect(await codesOfBuild(sample)).toEqual([]);
});

test.each(["START_INVALID", "RUN_NOT_FOUND", "RUNTIME_STOPPED", "HOOK_NOT_FOUND"])(
  "the program on the page of %s raises it",
  async (code) => {
    const [program = ""] = samples(code, "Example");
    const folder = projectWith({ "app.ts": program, "package.json": '{ "type": "module" }' });
    const running = run(folder, process.execPath, ["--import", "everstep/register", "app.ts"]);
    await expect(running).rejects.toThrow(`code: '${code}'`);
  },
);

/** Each example is an app of its own. */
afterEach(() => void registryRecords().splice(0));

test.each([
  ["START_OPTION_INVALID", "remindLater"],
  ["RUN_KEY_TAKEN", "importOnce"],
  ["RUN_FAILED", "pay"],
])("the example on the page of %s raises it when it is called", async (code, name) => {
  const app = await openApp(samples(code, "Example")[0]!);
  try {
    await expect(app.exports[name]!("Monday" as never)).rejects.toMatchObject({ code });
  } finally {
    await app.stop();
  }
});

test("the example on the page of USER_ERROR fails its run with that code", async () => {
  const app = await openApp(samples("USER_ERROR", "Example")[0]!);
  try {
    const { returnValue } = await startOf(app, "checkout", 0);
    await expect(returnValue).rejects.toMatchObject({ cause: { code: "USER_ERROR" } });
  } finally {
    await app.stop();
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

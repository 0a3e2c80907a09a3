/**
 * Each folder in fixtures/ is a case: `input.*`, and either the output of every mode or the
 * diagnostic in `error.txt`. A case with a `run.json` is also run, and its result compared.
 * `npm run fixtures:update` rewrites what is expected; the diff is then to be read.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { CompileError } from "../../lib/contract/error";
import { compile, MODES } from "./compile";
import { execute } from "./execute";

const FOLDER = path.join(__dirname, "fixtures");
const UPDATE = process.env.UPDATE_FIXTURES === "1";

interface Run {
  workflow: string;
  args: unknown[];
  result: unknown;
  calls: string[];
}

for (const name of readdirSync(FOLDER)) {
  const folder = path.join(FOLDER, name);
  const input = readdirSync(folder).find((file) => file.startsWith("input.")) ?? "input.ts";
  const source = readFileSync(path.join(folder, input), "utf8");
  const errorFile = path.join(folder, "error.txt");
  const runFile = path.join(folder, "run.json");

  test(`fixture ${name}`, () => {
    const outputs = MODES.map((mode) => ({ mode, text: outputOf(source, mode, input) }));
    const refused = outputs.find(({ text }) => text instanceof CompileError);
    if (refused) return expectFile(errorFile, describe(refused.text as CompileError));
    expect(UPDATE || !existsSync(errorFile)).toBe(true);
    if (UPDATE) rmSync(errorFile, { force: true });
    for (const { mode, text } of outputs) {
      expectFile(path.join(folder, mode + path.extname(input)), `${text as string}\n`);
    }
  });

  if (existsSync(runFile)) {
    test(`fixture ${name} runs`, async () => {
      const run = JSON.parse(readFileSync(runFile, "utf8")) as Run;
      const compiled = execute(source, MODULES, input);
      const result = await compiled.run(run.workflow, ...run.args);
      expect({ result, calls: compiled.calls }).toEqual({ result: run.result, calls: run.calls });
    });
  }
}

test("the corpus has at least 120 cases", () => {
  expect(readdirSync(FOLDER).length).toBeGreaterThanOrEqual(120);
});

/** What fixtures may import when they are run. */
const MODULES = {
  everstep: { sleep: async () => undefined, createHook: () => Promise.resolve("payload") },
  "./math": { double: (n: number) => n * 2, half: (n: number) => n / 2 },
};

function outputOf(source: string, mode: (typeof MODES)[number], input: string) {
  try {
    return compile(source, mode, input);
  } catch (error) {
    if (CompileError.is(error)) return error;
    throw error;
  }
}

function describe(error: CompileError): string {
  return error.message.slice(error.message.indexOf(": ") + 2) + "\n";
}

function expectFile(file: string, text: string): void {
  if (UPDATE) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
}

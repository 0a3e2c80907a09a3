import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const folder = mkdtempSync(path.join(tmpdir(), "everstep-count-"));

afterAll(() => rmSync(folder, { recursive: true }));

/** What CI prints last for a report with this text; without one, for a report that is missing. */
function count(report?: string): { line: string; status: number | null } {
  const file = path.join(folder, "report.json");
  rmSync(file, { force: true });
  if (report !== undefined) writeFileSync(file, report);
  const script = path.resolve(__dirname, "../scripts/count-tests.mjs");
  const { stdout, status } = spawnSync(process.execPath, [script, file], { encoding: "utf8" });
  return { line: stdout, status };
}

function report(numPassedTests: number, numFailedTests: number, numRuntimeErrorTestSuites: number) {
  const success = numFailedTests + numRuntimeErrorTestSuites === 0;
  return JSON.stringify({ numPassedTests, numFailedTests, numRuntimeErrorTestSuites, success });
}

test("the last line of CI has the runner's counts", () => {
  expect(count(report(7, 0, 0))).toEqual({ line: "tests: 7 passed, 0 failed\n", status: 0 });
  expect(count(report(7, 2, 0))).toEqual({ line: "tests: 7 passed, 2 failed\n", status: 1 });
});

test("a suite that could not run counts as a failure", () => {
  expect(count(report(7, 0, 1))).toEqual({ line: "tests: 7 passed, 1 failed\n", status: 1 });
});

test("a report that is missing, broken or empty counts as a failure", () => {
  const failure = { line: "tests: 0 passed, 1 failed\n", status: 1 };
  for (const text of [undefined, "", "{", "null", "{}", report(0, 0, 0)]) {
    expect(count(text)).toEqual(failure);
  }
});

// Prints one line, `tests: N passed, N failed`, from the JSON that Jest wrote. A suite that could
// not run counts as one failure, and so does a report that is missing or says nothing.
import { readFileSync } from "node:fs";

const { passed, failed } = countTests(process.argv[2]);
console.log(`tests: ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function countTests(file) {
  const report = readReport(file);
  const passed = count(report?.numPassedTests);
  const failed = count(report?.numFailedTests) + count(report?.numRuntimeErrorTestSuites);
  const isWhole = report?.success === true && passed > 0;
  return { passed, failed: isWhole ? failed : Math.max(failed, 1) };
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

function count(value) {
  return Number.isInteger(value) ? value : 0;
}

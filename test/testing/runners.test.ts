/** The kit in each test runner, as an app has it: installed, and with the config of docs/testing.md. */
import { mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { writeFiles } from "../build/temp-project";
import { installAs, makeFolder, node, packBuilt, ROOT } from "../installed-package";
import { vitestFolder } from "../toolchain/install";

const folder = makeFolder();
let app: string;

beforeAll(async () => {
  app = await installAs("everstep", (await packBuilt(folder)).tarball);
  for (const name of ["jest", "@babel/preset-env", "@babel/preset-typescript"]) {
    lend(name, path.join(ROOT, "node_modules", name));
  }
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lend(name: string, from: string): void {
  const target = path.join(app, "node_modules", name);
  mkdirSync(path.dirname(target), { recursive: true });
  symlinkSync(from, target, "dir");
}

const WORKFLOWS = `
import { createHook, sleep } from "everstep";

export async function order(id: string): Promise<string> {
  "use workflow";
  await sleep("7 days");
  using hook = createHook<string>({ token: "approve-" + id });
  return (await charge(id)) + " " + (await hook);
}

export async function charge(id: string): Promise<string> {
  "use step";
  return "charged " + id;
}
`;

const ELSEWHERE = `
import { charge } from "../workflows/order";
export async function elsewhere() {
  "use workflow";
  return charge("3");
}
`;

/** A test file; two of them check that neither sees the runs of the other (TS-09). */
function testFile(id: string, imports: string, hooks: string): string {
  return `${imports}
import assert from "node:assert";
import { listRuns, resumeHook, start } from "everstep/api";
import { createTestWorld, mockStep, waitForHook } from "everstep/testing";
import { elsewhere } from "../lib/elsewhere";
import { charge, order } from "../workflows/order";

const world = createTestWorld();
${hooks}(() => world.close());

test("an order waits a week, and is charged", async () => {
  assert.equal((await listRuns()).data.length, 0);
  const run = await start(order, ["${id}"]);
  await world.advance("7 days");
  const hook = await waitForHook(run);
  assert.equal(hook.token, "approve-${id}");
  await resumeHook(hook, "yes");
  assert.equal(await run.returnValue, "charged ${id} yes");
});

test("a step is mocked", async () => {
  using mock = mockStep(charge, async () => "mocked");
  const run = await start(order, ["${id}"]);
  await world.advance("7 days");
  await resumeHook("approve-${id}", "no");
  assert.equal(await run.returnValue, "mocked no");
  assert.equal(typeof mock.restore, "function");
});

test("a workflow that stands elsewhere is found where it was imported from", async () => {
  assert.equal(await (await start(elsewhere)).returnValue, "charged 3");
});
`;
}

function project(
  name: string,
  imports: string,
  hooks: string,
  more: Record<string, string>,
): string {
  const target = path.join(app, name);
  mkdirSync(target);
  writeFiles(target, {
    "package.json": JSON.stringify({ name, private: true }),
    "workflows/order.ts": WORKFLOWS,
    "lib/elsewhere.ts": ELSEWHERE,
    "test/one.test.ts": testFile("1", imports, hooks),
    "test/two.test.ts": testFile("2", imports, hooks),
    ...more,
  });
  return target;
}

test("node:test runs the kit with everstep/register and nothing else", async () => {
  const target = project("in-node", `import { after, test } from "node:test";`, "after", {});
  const said = await node(target, [
    ...["--import", "everstep/register", "--test", "--test-reporter=tap"],
    ...["test/one.test.ts", "test/two.test.ts"],
  ]);
  expect(said).toMatch(/# pass 6\n# fail 0/);
}, 120_000);

test.each([
  ["in one process", "--runInBand"],
  ["in workers", "--maxWorkers=2"],
])(
  "Jest runs the kit with the plugin in its Babel config, %s",
  async (name, flag) => {
    const target = project(`jest ${name}`.replaceAll(" ", "-"), "", "afterAll", {
      "babel.config.js": `module.exports = {
        presets: [["@babel/preset-env", { targets: { node: "current" } }], "@babel/preset-typescript"],
        plugins: ["everstep/babel-plugin"],
      };`,
    });
    const report = path.join(target, "report.json");
    const jest = path.join(app, "node_modules/jest/bin/jest.js");
    await node(target, [jest, flag, "--json", `--outputFile=${report}`, "--rootDir", target]);
    expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({
      numPassedTests: 6,
      numTotalTests: 6,
    });
  },
  120_000,
);

test.each([
  ["isolated", []],
  ["in one worker without isolation", ["--no-isolate", "--maxWorkers=1"]],
])(
  "Vitest runs the kit with everstep/vitest, %s",
  async (name, flags) => {
    const vitest = path.join(vitestFolder(), "node_modules/vitest");
    const target = project(
      `vitest ${name}`.replaceAll(" ", "-"),
      `import { afterAll, test } from "vitest";`,
      "afterAll",
      {
        "vitest.config.ts": `import everstep from "everstep/vitest";
          import { defineConfig } from "vitest/config";
          export default defineConfig({ plugins: [everstep()] });`,
      },
    );
    mkdirSync(path.join(target, "node_modules"));
    symlinkSync(vitest, path.join(target, "node_modules/vitest"), "dir");
    const report = path.join(target, "report.json");
    const reporter = ["--reporter=json", `--outputFile=${report}`];
    await node(target, [path.join(vitest, "vitest.mjs"), "run", ...flags, ...reporter]);
    expect(JSON.parse(readFileSync(report, "utf8"))).toMatchObject({
      numPassedTests: 6,
      numTotalTests: 6,
    });
  },
  240_000,
);

import { nodeBinaries } from "../toolchain/install";
import { cjsDoor, copyOfPackage, esmDoor, printedBy, program, removePrograms } from "./program";

const everyNode = nodeBinaries();

afterAll(removePrograms);

const files = {
  "package.json": `{ "name": "app", "type": "module" }`,
  "value.ts": `export const value: string = "value"; export async function step() { "use step"; }`,
  "worker.ts": `
    import { parentPort } from "node:worker_threads";
    import { value } from "./value.js";
    parentPort!.postMessage(value);`,
  "child.cts": `
    import { createRequire } from "node:module";
    void import("./value.js").then(({ value }) => process.send!(value));`,
  "app.ts": `
    import { fork } from "node:child_process";
    import { Worker } from "node:worker_threads";
    const said = (from: { once(event: string, listener: (value: unknown) => void): unknown }) =>
      new Promise((resolve, reject) => { from.once("message", resolve); from.once("error", reject); });
    const worker = await said(new Worker(new URL("./worker.ts", import.meta.url)));
    const child = await said(fork("./child.cts"));
    console.log(JSON.stringify([worker, child]));`,
};

test.each(everyNode)("worker threads and forks have the hooks too ($version)", async ({ path }) => {
  const folder = program(files);
  for (const hooks of ["--import", "--require"] as const) {
    expect(await printedBy(folder, "app.ts", { node: path, hooks })).toEqual([["value", "value"]]);
  }
});

test("NODE_OPTIONS can load the hooks", async () => {
  const folder = program(files);
  const env = { NODE_OPTIONS: `--import ${esmDoor}` };
  expect(await printedBy(folder, "app.ts", { hooks: null, env })).toEqual([["value", "value"]]);
});

test.each(everyNode)(
  "installing twice, and by two copies, is harmless ($version)",
  async (node) => {
    const folder = program({
      "package.json": `{ "name": "app", "type": "module" }`,
      "value.ts": `export async function value(): Promise<string> { "use step"; return "value"; }`,
      "old.cjs": `exports.old = async () => { "use step"; return require("./value").value(); };`,
      "app.ts": `
      import { value } from "./value.js";
      import { old } from "./old.cjs";
      const records = (globalThis as any)[Symbol.for("everstep.registry")];
      console.log(JSON.stringify([await value(), await old(), records.length]));`,
    });
    const doors = [esmDoor, cjsDoor, copyOfPackage(folder)];
    const env = { NODE_OPTIONS: doors.map((door) => `--import ${door}`).join(" ") };
    const printed = await printedBy(folder, "app.ts", { node: node.path, env });
    expect(printed).toEqual([["value", "value", 2]]);
  },
);

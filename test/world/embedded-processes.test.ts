/** The embedded world between processes, and after one of them was killed (P1, J1, J2). */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { createEmbeddedWorld } from "../../embedded-world";
import { claimRun, createRun, freshId, newRun } from "../../lib/conformance/check";
import type { World } from "../../lib/contract/world";
import { isDeep } from "../toolchain/install";

const ROOT = path.resolve(__dirname, "../..");

const CHILD = `
const { createEmbeddedWorld } = require(${JSON.stringify(path.join(ROOT, "dist/embedded-world"))});
const { claimRun, append, freshId, waitCreated } = require(${JSON.stringify(path.join(ROOT, "dist/lib/conformance/check.js"))});
const [dataDir, task] = process.argv.slice(2);
const say = (value) => new Promise((done) => process.stdout.write(JSON.stringify(value) + "\\n", done));
(async () => {
  const world = createEmbeddedWorld({ dataDir });
  if (task === "hold") {
    await say({ session: await world.dispatch.openSession() });
    setInterval(() => {}, 1000);
  }
  if (task === "append") {
    const owned = await claimRun(world);
    await say({ runId: owned.runId });
    for (let position = 2; ; position++) {
      await world.runs.append(append(owned, { position, events: [waitCreated("n" + position)] }));
      await say({ position });
    }
  }
})();
`;

let dataDir: string;
let file: string;
const children: ChildProcessWithoutNullStreams[] = [];
const worlds: World[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), "everstep-world-"));
  file = path.join(dataDir, "child.cjs");
  writeFileSync(file, CHILD);
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const world of worlds.splice(0)) await world.close();
});

function open(): World {
  const world = createEmbeddedWorld({ dataDir });
  worlds.push(world);
  return world;
}

/** A process, and the lines it says. */
function start(task: string) {
  const child = spawn(process.execPath, [file, dataDir, task]);
  children.push(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    return done ? null : (JSON.parse(value) as Record<string, string | number | null>);
  };
  return { child, next };
}

test("one process executes, and another takes over when that is killed", async () => {
  const holder = start("hold");
  expect((await holder.next())?.["session"]).toEqual(expect.any(String));
  const world = open();
  expect(await world.dispatch.openSession()).toBeNull();
  const runId = await createRun(world);
  expect((await world.runs.get(runId))?.status).toBe("pending");
  const ended = new Promise((resolve) => holder.child.once("exit", resolve));
  holder.child.kill("SIGKILL");
  await ended;
  expect(await world.dispatch.openSession()).toEqual(expect.any(String));
});

test("two worlds of one process are two owners as well", async () => {
  const [one, other] = [open(), open()];
  const session = await one.dispatch.openSession();
  expect(await other.dispatch.openSession()).toBeNull();
  await one.dispatch.closeSession(session!);
  expect(await other.dispatch.openSession()).toEqual(expect.any(String));
});

test("a process hears of what another has stored", async () => {
  const [here, there] = [open(), open()];
  const heard = new Promise<void>((resolve) =>
    here.dispatch.listen({ onNews: () => false, onDue: resolve }),
  );
  await createRun(there);
  await heard;
});

const KILLS = isDeep ? 60 : 6;

test(`what is acknowledged is there after ${KILLS} kills, and owned runs are due again (P1, P2)`, async () => {
  for (let round = 0; round < KILLS; round++) {
    const { child, next } = start("append");
    const { runId } = (await next()) as { runId: string };
    let acknowledged = 1;
    for (let n = 0; n < 5 + round * 7; n++) acknowledged = Number((await next())!["position"]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    for (let line = await next(); line; line = await next())
      acknowledged = Number(line["position"]);
    await ended;
    const world = open();
    const entries = await world.runs.read(runId, 1, 100_000);
    expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1));
    // The append under way may be there or not.
    expect([acknowledged, acknowledged + 1]).toContain(entries.length);
    const session = await world.dispatch.openSession();
    const claims = await world.dispatch.claim(session!, freshId("claim_"), 1000);
    expect(claims.map((claim) => claim.runId)).toContain(runId);
    await world.close();
    worlds.length = 0;
  }
}, 300_000);

test("a folder that cannot be used is an error with a code (J9)", () => {
  const blocked = path.join(dataDir, "file");
  writeFileSync(blocked, "no folder");
  expect(() => createEmbeddedWorld({ dataDir: blocked })).toThrow(
    expect.objectContaining({ code: "DATA_FOLDER_UNUSABLE" }),
  );
});

test("the clock of the world does not go back (W3)", async () => {
  const world = open();
  const owned = await claimRun(world);
  const before = await world.now();
  const clock = jest.spyOn(Date, "now").mockReturnValue(before - 3_600_000);
  try {
    expect(await world.now()).toBeGreaterThanOrEqual(before);
    const late = newRun(freshId("wrun_"));
    await world.runs.create(late);
    const record = await world.runs.get(late.record.runId);
    expect(record!.createdAt).toBeGreaterThanOrEqual(before);
    expect(owned.claim.fence).toBe(1);
  } finally {
    clock.mockRestore();
  }
});

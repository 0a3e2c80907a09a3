/**
 * Data that an earlier format of the embedded world has written, kept for ever: runs sleep for months,
 * and are woken by a later version (K4). `formats/order.ts.txt` is the app that wrote it.
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { createEmbeddedWorld } from "../../embedded-world";
import { openConnection } from "../../embedded-world/sqlite";
import { getRun, resumeHook } from "../../lib/api";
import { openApp, until } from "../engine/test-app";

const FORMATS = path.join(__dirname, "formats");
const RUNS = Array.from({ length: 100 }, (_, n) => n);

function unpack(format: number): string {
  const dataDir = mkdtempSync(path.join(tmpdir(), "everstep-format-"));
  const packed = readFileSync(path.join(FORMATS, `${format}.db.gz`));
  writeFileSync(path.join(dataDir, "everstep.db"), gunzipSync(packed));
  return dataDir;
}

test.each([1])("K4: 100 runs that were parked in format %d go on to their ends", async (format) => {
  const source = readFileSync(path.join(FORMATS, "order.ts.txt"), "utf8");
  const app = await openApp(source, { dataDir: unpack(format), file: "workflows/order.ts" });
  const { world } = app;
  const runs = RUNS.map((n) => getRun<Record<string, unknown>>(`wrun_old_${n}`, { world }));
  for (const [n, run] of runs.entries()) {
    expect(await run.wakeUp()).toEqual({ stoppedCount: 1 });
    await resumeHook(`approval-${n}`, { ok: n % 2 === 0 }, { world });
  }
  for (const [n, run] of runs.entries()) {
    await until(async () => (await run.explain()).includes("order#1"));
    const { data } = await world.hooks.list({ runId: run.runId });
    const other = data.find(({ token }) => token.startsWith("hook_"))!;
    await resumeHook(other.token, `text ${n}`, { world });
  }
  const results = await Promise.all(runs.map((run) => run.returnValue));
  expect(results).toEqual(
    RUNS.map((n) => ({
      ...{ sums: [n + 11, n + 21], ok: n % 2 === 0, text: `text ${n}` },
      ...{ chance: expect.any(Number) as number, seen: n },
    })),
  );
  await app.stop();
});

test("K5: data of a later format is refused, and stays as it is", () => {
  const dataDir = unpack(1);
  const database = openConnection(path.join(dataDir, "everstep.db"));
  database.exec("UPDATE meta SET value = 99 WHERE name = 'format'");
  database.close();
  const before = readFileSync(path.join(dataDir, "everstep.db"));
  expect(() => createEmbeddedWorld({ dataDir })).toThrow("format 99");
  expect(readFileSync(path.join(dataDir, "everstep.db")).equals(before)).toBe(true);
});

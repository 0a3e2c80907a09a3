/**
 * Runs that were recorded by the first version with their format, with the bundle they ran on. They
 * replay for ever, on every version and every Node line: runs may sleep for months.
 *
 * EVERSTEP_RECORD=1 records those that are missing; a recorded file is never changed.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildWorkflows } from "../../lib/build/build-workflows";
import type { RunEvent } from "../../lib/contract/event";
import { compileBundle } from "../../lib/replay/sandbox";
import { expectPrefixesToReplay } from "./expect-replay";
import { isDeep, nodeBinaries } from "../toolchain/install";
import { HISTORY_SCENARIOS } from "./history-scenarios";
import { ROOT, tempApp, TestWorld, type WorldOptions } from "./world";

interface History {
  version: string;
  code: string;
  hash: string;
  log: RunEvent[];
}

const FOLDER = path.join(__dirname, "histories");
/** The version whose format this one writes. */
const CURRENT = "0.1";

beforeAll(async () => {
  if (process.env.EVERSTEP_RECORD !== "1") return;
  mkdirSync(path.join(FOLDER, CURRENT), { recursive: true });
  for (const [name, { source, script }] of Object.entries(HISTORY_SCENARIOS)) {
    const file = path.join(FOLDER, CURRENT, `${name}.json`);
    if (existsSync(file)) continue;
    const cwd = tempApp({ "workflows/test.ts": source });
    const { bundle } = await buildWorkflows({ cwd });
    // Where the package lies on this machine is nobody's business.
    const code = bundle.code.replaceAll(path.relative(cwd, ROOT), "node_modules/everstep");
    const { hash } = bundle;
    const { log } = play({ code, hash }, script);
    const history: History = { version: CURRENT, code, hash, log };
    writeFileSync(file, JSON.stringify(history, null, 2) + "\n");
  }
});

function play({ code, hash }: { code: string; hash: string }, script: WorldOptions): TestWorld {
  const world = new TestWorld(compileBundle(code, hash), script).run();
  if (!world.context.ending) throw new Error("The scenario does not end");
  return world;
}

const recorded = readdirSync(FOLDER).flatMap((version) =>
  readdirSync(path.join(FOLDER, version)).map((file) => [version, file] as const),
);

test.each(recorded)("the history %s/%s replays from every prefix", (version, file) => {
  const history = JSON.parse(readFileSync(path.join(FOLDER, version, file), "utf8")) as History;
  const { script } = HISTORY_SCENARIOS[path.basename(file, ".json")]!;
  const world = new TestWorld(compileBundle(history.code, history.hash), script);
  world.log.splice(0, Infinity, ...history.log);
  expectPrefixesToReplay(world);
});

test.each(Object.keys(HISTORY_SCENARIOS))(
  "the same bundle makes the same log today, byte for byte: %s (P4)",
  (name) => {
    const file = path.join(FOLDER, CURRENT, `${name}.json`);
    const history = JSON.parse(readFileSync(file, "utf8")) as History;
    const { log } = play(history, HISTORY_SCENARIOS[name]!.script);
    expect(log.map((event) => JSON.stringify(event))).toEqual(
      history.log.map((event) => JSON.stringify(event)),
    );
  },
);

/** What takes long without depending on the line of Node. */
const NOT_AGAIN = ["memory.test", "random-programs.test"];

for (const { version, path: node } of isDeep ? nodeBinaries().slice(1) : []) {
  test(`histories, sandbox, codec and worlds hold on Node ${version}`, () => {
    const jest = path.join(ROOT, "node_modules/jest/bin/jest.js");
    const skipped = NOT_AGAIN.flatMap((name) => ["--testPathIgnorePatterns", name]);
    const args = [jest, "test/replay", "test/codec", "test/world", "--ci", "--silent", ...skipped];
    const env = { ...process.env, EVERSTEP_DEEP: "0" };
    execFileSync(node, args, { cwd: ROOT, env, stdio: "pipe", maxBuffer: 1e9 });
  }, 900_000);
}

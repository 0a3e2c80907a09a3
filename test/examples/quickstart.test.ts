/** The quickstart: what `npm start` shows, and what is left of a run when its server is killed. */
import { cpSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { eventsOf } from "../middleware/stream-fake-run";
import { getJson, newFolder, postJson, ROOT, startExample, untilCompleted } from "./example-server";

const DONE = ["Created the user", 'Sent "Welcome!"', 'Sent "Three tips'];

function timesSaid(text: string, lines: string): number {
  return lines.split(text).length - 1;
}

test("in a copy, npm start shows a signup with a retry and a sleep, and serves", async () => {
  const folder = path.join(newFolder(), "everstep");
  // What `npm start` builds ahead of it is what `npm test` has built, by the same command.
  const left = new Set(["node_modules", "test", "bench", ".git", ".workflow-data"]);
  cpSync(ROOT, folder, { recursive: true, filter: (file) => !left.has(path.basename(file)) });
  symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"), "dir");
  const server = await startExample("quickstart", {
    cwd: folder,
    command: ["npm", "start", "--ignore-scripts"],
  });
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  expect(scripts["prestart"]).toBe(scripts["pretest"]);
  const said = await server.untilSaid("kill -9");
  const order = [
    ...["has started:", "Created the user ada@example.com", "The mail server is busy"],
    ...['Sent "Welcome!" to ada@example.com, in attempt 2', "Asleep for 3 seconds"],
    ...['Sent "Three tips to begin with"', 'Completed: {"id":', "Try next"],
  ];
  const places = order.map((text) => said.indexOf(text));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  const [command = ""] = said.match(/curl -X POST .*/) ?? [];
  expect(command).toContain(`${server.url.replace("http://", "")}/api/signup`);
  expect((await postJson(`${server.url}/api/signup`, { email: "you@example.com" })).status).toBe(
    202,
  );
  await server.stop();
}, 300_000);

test("killed with SIGKILL during a run and started again, it finishes the run, and does nothing twice", async () => {
  const dataDir = newFolder();
  const first = await startExample("quickstart", { dataDir });
  const { json } = await postJson(`${first.url}/api/signup`, { email: "you@example.com" });
  const runId = String(json["runId"]);
  await first.untilSaid("  Asleep for 3 seconds");
  const stream = await fetch(`${first.url}/api/runs/${runId}/stream`);
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; !text.includes("Asleep");) text += (await reader.read()).value ?? "";
  await first.stop("SIGKILL");

  const second = await startExample("quickstart", { dataDir });
  const said = await second.untilSaid("Completed:");
  expect(said).toContain("goes on where it was:\n  Created the user ada@example.com (before)");
  for (const done of DONE) expect(timesSaid(done, said)).toBe(1);
  const answer = await untilCompleted(`${second.url}/api/runs/${runId}`);
  expect(answer["result"]).toMatchObject({ email: "you@example.com" });
  const whole = eventsOf(await (await fetch(`${second.url}/api/runs/${runId}/stream`)).text());
  expect(whole.at(-1)).toMatchObject({ event: "end" });
  const lines = whole.map(({ data }) => data).join("\n");
  for (const done of DONE) expect(timesSaid(done, lines)).toBe(1);
  await second.stop();
}, 120_000);

test("what is asked in a wrong way is answered with a reason", async () => {
  const server = await startExample("quickstart");
  expect(await postJson(`${server.url}/api/signup`, {})).toMatchObject({ status: 400 });
  expect(await getJson(`${server.url}/api/runs/wrun_0`)).toHaveProperty("error");
  expect((await fetch(`${server.url}/api/runs/wrun_0/stream`)).status).toBe(404);
  await server.stop();
}, 60_000);

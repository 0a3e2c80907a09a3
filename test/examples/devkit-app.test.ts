/**
 * An app in the style of the published Workflow DevKit, which knows `workflow` and `workflow/api` only.
 * It runs unchanged where its package.json says `"workflow": "npm:everstep"`; what the kit's framework
 * plugin does there, a file of three lines does here.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  type ExampleServer,
  getJson,
  type Json,
  newFolder,
  postJson,
  ROOT,
  startExample,
  untilCompleted,
} from "./example-server";

const APP = path.join(__dirname, "devkit-app/app");
const HOST = `
import express from "express";
import { workflowMiddleware } from "workflow/middleware";
import app from "./src/index.ts";
express().use(workflowMiddleware()).use(app).listen(process.env.PORT, () =>
  console.log("Listening on http://localhost:" + process.env.PORT));
`;

let server: ExampleServer;

beforeAll(async () => {
  const folder = newFolder();
  cpSync(APP, folder, { recursive: true });
  installAsWorkflow(folder);
  writeFileSync(path.join(folder, "host.ts"), HOST);
  const command = ["node", "--import", "workflow/register", "host.ts"];
  server = await startExample("devkit-app", { cwd: folder, command });
}, 120_000);

afterAll(() => server.stop());

/** What npm does: the files of the package under that name, and what it depends on beside it. */
function installAsWorkflow(folder: string): void {
  const modules = path.join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(path.join(ROOT, "node_modules"))) {
    if (!name.startsWith("."))
      symlinkSync(path.join(ROOT, "node_modules", name), path.join(modules, name));
  }
  for (const name of ["package.json", "dist"]) {
    cpSync(path.join(ROOT, name), path.join(modules, "workflow", name), { recursive: true });
  }
}

const post = (route: string, body: unknown = {}) => postJson(`${server.url}/api/${route}`, body);
const resultOf = async (runId: unknown) =>
  (await untilCompleted(`${server.url}/api/runs/${String(runId)}`))["result"];

test("the app names nothing but workflow and workflow/api, and everstep nowhere", () => {
  const files = readdirSync(APP, { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => file.endsWith(".ts"));
  const text = sources.map((file) => readFileSync(path.join(APP, file), "utf8")).join("\n");
  const ours = [...text.matchAll(/from "((?:workflow|everstep)[^"]*)"/g)].map(([, name]) => name);
  expect([...new Set(ours)].sort()).toEqual(["workflow", "workflow/api"]);
});

test("steps that are retried, a sleep, metadata and values of many types", async () => {
  const { json } = await post("onboarding", { email: "ada@example.com" });
  expect(await resultOf(json["runId"])).toEqual({
    runId: json["runId"],
    account: {
      ...{ id: expect.any(String), email: "ada@example.com", tags: ["trial"] },
      createdAt: expect.stringMatching(/Z$/),
    },
    mail: "hello to ada@example.com (trial), attempt 2",
    quota: "10n",
    rested: true,
  });
});

test("a FatalError is caught in the workflow, and is known as what it is", async () => {
  expect((await post("guarded", { email: "nobody" })).json).toEqual({
    result: 'refused: "nobody" is no address',
  });
});

test("hooks: a loop over votes, and a race against a month", async () => {
  const { json } = await post("ballots", { topic: "tea", quorum: 3 });
  for (const [voter, yes] of [
    ["a", true],
    ["b", false],
    ["c", true],
  ] as const) {
    await untilTaken(() => post("votes/tea", { voter, yes }));
  }
  expect(await resultOf(json["runId"])).toEqual({ topic: "tea", ayes: 2, seen: ["a", "b", "c"] });
  const asked = await post("confirmations", { id: "c1" });
  const answered = await untilTaken(() => post("confirmations/c1", { ok: true }));
  expect(answered["runId"]).toBe(asked.json["runId"]);
  expect(await resultOf(asked.json["runId"])).toBe("confirmed");
});

test("webhooks: one that says 202, and one that a step answers", async () => {
  const { json } = await post("callbacks");
  const [notice, question] = json["urls"] as unknown as string[];
  const headers = { "x-signature": "abc" };
  const noted = await fetch(notice!, { method: "PUT", body: "raw  text", headers });
  expect([noted.status, await noted.text()]).toEqual([202, ""]);
  const answer = await fetch(question!, { method: "POST", body: '{"name":"Ada"}' });
  expect([answer.status, answer.headers.get("x-for"), await answer.text()]).toEqual([
    ...[201, "Ada", "Hello, Ada"],
  ]);
  expect(await resultOf(json["runId"])).toEqual({
    ...{ method: "PUT", body: "raw  text", signature: "abc", asked: "Ada" },
  });
});

test("streams: read while they are written, from an index on and by name", async () => {
  const words = ["once", "upon", "a", "time"];
  const init = { method: "POST", headers: { "content-type": "application/json" } };
  const told = await fetch(`${server.url}/api/stories`, {
    ...init,
    body: JSON.stringify({ words }),
  });
  expect(await told.text()).toBe("once upon a time ");
  const story = `${server.url}/api/stories/${told.headers.get("x-run-id")}`;
  expect(await (await fetch(`${story}/from/2`)).text()).toBe("a time ");
  expect(await (await fetch(`${story}/from/-1`)).text()).toBe("time ");
  expect(await getJson(`${story}/notes`)).toEqual([{ count: 4 }]);
});

test("streams: one that is piped comes as an argument, and another as a result", async () => {
  const words = ["once", "upon", "a", "time"];
  expect((await post("upper-case", { words })).json).toEqual(["ONCE", "UPON", "A", "TIME"]);
});

test("fetch in a workflow, by name and in the place of the global one", async () => {
  const { json } = await post("weather", { url: `${server.url}/weather` });
  const type = "application/json; charset=utf-8";
  expect(json).toEqual([{ status: 200, type, celsius: 21 }, 21]);
});

/** A run that has just been started may not have its hook yet. */
async function untilTaken(send: () => Promise<{ status: number; json: Json }>): Promise<Json> {
  for (;;) {
    const { status, json } = await send().catch(() => ({ status: 500, json: {} as Json }));
    if (status === 200) return json;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Real processes with the built package: E8, E10, and the handlers that `build --handlers` writes. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { tempProject } from "../build/temp-project";
import { node, ROOT } from "../installed-package";
import { send } from "./http-client";

const WORKFLOWS = `
import { appendFileSync } from "node:fs";
import { createWebhook, sleep } from "everstep";

export async function note(name: string): Promise<void> {
  "use step";
  appendFileSync("notes.txt", name + " in " + process.pid + "\\n");
}
export async function size(request: Request): Promise<number> {
  "use step";
  return (await request.arrayBuffer()).byteLength;
}
export async function takesOne(token: string) {
  "use workflow";
  return size(await createWebhook({ token }));
}
export async function notes(name: string) {
  "use workflow";
  await note(name + " first");
  await sleep(name === "long" ? "2s" : 1);
  await note(name + " second");
}`;

const STARTS = `
import { start, getRun } from "everstep/api";
const workflow = (name) => ({ workflowId: "workflow//./workflows/jobs//" + name });
export async function control(url) {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  const args = searchParams.getAll("arg");
  if (pathname === "/start") return (await start(workflow(searchParams.get("name")), args)).runId;
  return pathname === "/result" ? JSON.stringify(await getRun(args[0]).returnValue) : null;
}
export const ready = (server) => console.log("ready " + server.address().port);`;

const EXPRESS = `
import cluster from "node:cluster";
import express from "express";
import { workflowMiddleware } from "everstep/middleware";
import { control, ready } from "./control.mjs";
const count = Number(process.env.WORKERS ?? 0);
if (count > 0 && cluster.isPrimary) {
  process.on("SIGTERM", () => { for (const each of Object.values(cluster.workers)) each.kill(); });
  for (let index = 0; index < count; index++) cluster.fork();
} else {
  const app = express();
  app.use(workflowMiddleware());
  app.use(async (req, res) => { res.end(await control(req.url)); });
  const server = app.listen(0, "127.0.0.1", () => ready(server));
}`;

const FILL = `
import { control, ready } from "./control.mjs";
for (let n = 0; n < 40; n++) await control("/start?name=notes&arg=run" + n);
ready({ address: () => ({ port: 0 }) });
setInterval(() => undefined, 1000);`;

function bareServer(load: string): string {
  return `
${load}
import { createServer } from "node:http";
import { toNodeHandler } from "everstep/middleware";
import { control, ready } from "./control.mjs";
const byName = { flow, step, webhook };
const ours = toNodeHandler((request) => {
  const name = new URL(request.url).pathname.split("/")[4];
  return byName[name]?.[request.method](request) ?? Promise.resolve(null);
});
const server = createServer((req, res) => {
  ours(req, res, () => void control(req.url).then((text) => res.end(text)));
}).listen(0, "127.0.0.1", () => ready(server));`;
}

const children: ChildProcess[] = [];

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => ended(child, "SIGKILL")));
});

function project(files: Record<string, string>, type = "module"): string {
  const manifest = JSON.stringify({ name: "app", private: true, type });
  const all = { "workflows/jobs.ts": WORKFLOWS, "control.mjs": STARTS, "package.json": manifest };
  const folder = tempProject({ ...all, ...files, "notes.txt": "" });
  mkdirSync(path.join(folder, "node_modules"));
  for (const name of ["everstep", "express"]) {
    const target = name === "everstep" ? ROOT : path.join(ROOT, "node_modules", name);
    symlinkSync(target, path.join(folder, "node_modules", name), "dir");
  }
  return folder;
}

interface Started {
  child: ChildProcess;
  base: string;
  said: () => string;
}

/** Resolves when so many servers of it listen. */
function run(folder: string, main: string, workers = 0): Promise<Started> {
  const env: NodeJS.ProcessEnv = { ...process.env, WORKERS: String(workers), PORT: "" };
  delete env["JEST_WORKER_ID"];
  delete env["NODE_ENV"];
  const args = ["--import", "everstep/register", main];
  const child = spawn(process.execPath, args, { cwd: folder, env });
  children.push(child);
  let said = "";
  return new Promise((resolve, reject) => {
    const onData = (data: Buffer) => {
      said += String(data);
      const ports = [...said.matchAll(/ready (\d+)/g)].map(([, port]) => port);
      const base = `http://127.0.0.1:${ports[0]}`;
      if (ports.length >= Math.max(1, workers)) resolve({ child, base, said: () => said });
    };
    child.stdout!.on("data", onData);
    child.stderr!.on("data", onData);
    child.once("exit", (code, signal) => reject(new Error(`${code ?? signal}: ${said}`)));
  });
}

function ended(
  child: ChildProcess,
  signal: NodeJS.Signals,
): Promise<NodeJS.Signals | number | null> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve(child.signalCode ?? child.exitCode);
  }
  return new Promise((resolve) => {
    child.once("exit", (code, by) => resolve(by ?? code));
    child.kill(signal);
  });
}

const ask = async (base: string, target: string) =>
  (await send(`${base}${target}`, { method: "GET" })).text;

function notesOf(folder: string): string[] {
  const lines = readFileSync(path.join(folder, "notes.txt"), "utf8").trim().split("\n");
  return lines.filter((line) => line !== "");
}

const FORMATS = {
  module: bareServer(`
import flow, * as flowMethods from "./.well-known/workflow/v1/flow.js";
import * as step from "./.well-known/workflow/v1/step.js";
import * as webhook from "./.well-known/workflow/v1/webhook.js";
if (flow !== flowMethods.POST) throw new Error("The default export is another handler");`).replace(
    "{ flow,",
    "{ flow: flowMethods,",
  ),
  commonjs: bareServer(`
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const flow = require("./.well-known/workflow/v1/flow.js");
const { default: stepHandler, ...step } = require("./.well-known/workflow/v1/step.js");
const webhook = await import("./.well-known/workflow/v1/webhook.js");
if (flow.default !== flow || stepHandler !== step.POST) throw new Error("Not the same handler");`),
};

test.each(Object.entries(FORMATS))(
  "FW-07: the handlers that `build --handlers` writes serve a bare node:http server (%s)",
  async (type, server) => {
    const folder = project({ "server.mjs": server }, type);
    await node(folder, [path.join(ROOT, "dist/cli/main.js"), "build", "--handlers"]);
    const { base } = await run(folder, "server.mjs");
    const runId = await ask(base, "/start?name=takesOne&arg=hooked");
    const routes = `${base}/.well-known/workflow/v1`;
    let status = 404;
    while (status === 404) {
      ({ status } = await send(`${routes}/webhook/hooked`, { method: "PUT", body: "12345" }));
    }
    expect([status, await ask(base, `/result?arg=${runId}`)]).toEqual([202, "5"]);
    for (const route of ["flow", "step"]) {
      expect((await send(`${routes}/${route}`, { body: "{}" })).status).toBe(401);
      expect((await send(`${routes}/${route}?__health`, { method: "GET" })).status).toBe(200);
    }
  },
);

test("E8: SIGTERM ends the server in good order, and the next one finishes the run", async () => {
  const folder = project({ "server.mjs": EXPRESS });
  const first = await run(folder, "server.mjs");
  const runId = await ask(first.base, "/start?name=notes&arg=long");
  while (notesOf(folder).length === 0) await ask(first.base, "/");
  expect(await ended(first.child, "SIGTERM")).toBe("SIGTERM");
  const second = await run(folder, "server.mjs");
  await ask(second.base, `/result?arg=${runId}`);
  const pids = [first.child.pid, second.child.pid];
  expect(notesOf(folder)).toEqual([`long first in ${pids[0]}`, `long second in ${pids[1]}`]);
});

test("E10: of eight workers that boot with work to do one executes, and nothing is done twice", async () => {
  const folder = project({ "server.mjs": EXPRESS, "fill.mjs": FILL });
  const fill = await run(folder, "fill.mjs");
  await ended(fill.child, "SIGKILL");
  const { child, base, said } = await run(folder, "server.mjs", 8);
  const runId = await ask(base, "/start?name=notes&arg=last");
  await ask(base, `/result?arg=${runId}`);
  while (notesOf(folder).length < 82) await ask(base, "/");
  const lines = notesOf(folder);
  expect(new Set(lines.map((line) => line.split(" in ")[0])).size).toBe(82);
  expect([lines.length, new Set(lines.map((line) => line.split(" in ")[1])).size]).toEqual([82, 1]);
  expect(said()).not.toMatch(/error|lost|overdue/i);
  await ended(child, "SIGTERM");
});

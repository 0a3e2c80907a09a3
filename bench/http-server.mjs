// The server of bench/http.mjs: routes with and without everstep, on data of the same kind.
import path from "node:path";
import express from "express";
import { load, openApp } from "./open-app.mjs";

const { start } = load("lib/api.js");
const { workflowMiddleware } = load("middleware/index.js");
const { Database } = load("embedded-world/database.js");

const SOURCE = `
import { createWebhook } from "everstep";
export async function order(n) { "use workflow"; return n; }
export async function hears() {
  "use workflow";
  const webhook = createWebhook({ token: "bench", respondWith: new Response("ok") });
  for await (const request of webhook) if (request.method === "DELETE") return;
}`;
const app = openApp(SOURCE);
const { exports: workflows, world, root } = app;
const rows = new Database({ dataDir: path.join(root, "rows"), fsync: false });

const server = express();
server.use(workflowMiddleware({ world, root, log: () => {} }));
server.post("/start", async (request, response) => {
  const run = await start(workflows.order, [1]);
  response.status(202).json({ runId: run.runId });
});
// The same, of a run that nobody executes meanwhile.
server.post("/start-later", async (request, response) => {
  const run = await start(workflows.order, [1], { delay: "1h" });
  response.status(202).json({ runId: run.runId });
});
let row = 0;
const store = (data) =>
  rows.transaction(() => rows.sql("INSERT INTO chunks VALUES (1, ?, ?, ?)").run(row++, 0, data));
server.post("/row", async (request, response) => {
  store('["an order",1]');
  response.status(202).json({ row });
});
server.post("/body", async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  store(Buffer.concat(chunks).toString());
  response.send("ok");
});
await start(workflows.hears, []);
while (!(await world.hooks.find("bench"))) await new Promise((resolve) => setTimeout(resolve, 5));
const listening = server.listen(0, "127.0.0.1", () => process.send(listening.address().port));

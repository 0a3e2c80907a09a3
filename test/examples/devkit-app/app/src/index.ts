import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import express from "express";
import { getHookByToken, getRun, resumeHook, start } from "workflow/api";
import { ballot, confirmation, vote } from "../workflows/approval.ts";
import { callbacks } from "../workflows/callbacks.ts";
import { guarded, onboarding } from "../workflows/onboarding.ts";
import { story, upperCased } from "../workflows/story.ts";
import { weather, weatherByLibrary } from "../workflows/weather.ts";

const app = express();
app.use(express.json());

app.post("/api/onboarding", async (req, res) => {
  const run = await start(onboarding, [req.body.email]);
  res.json({ message: "Onboarding has begun", runId: run.runId });
});

app.post("/api/guarded", async (req, res) => {
  const run = await start(guarded, [req.body.email]);
  res.json({ result: await run.returnValue });
});

app.post("/api/ballots", async (req, res) => {
  const { runId } = await start(ballot, [req.body.topic, req.body.quorum]);
  res.json({ runId });
});

app.post("/api/votes/:topic", async (req, res) => {
  await vote.resume(`vote:${req.params.topic}`, req.body);
  res.json({ counted: true });
});

app.post("/api/confirmations", async (req, res) => {
  const { runId } = await start(confirmation, [req.body.id]);
  res.json({ runId });
});

app.post("/api/confirmations/:id", async (req, res) => {
  const token = `confirm:${req.params.id}`;
  const { runId } = await getHookByToken(token);
  await resumeHook(token, req.body);
  res.json({ runId });
});

app.post("/api/callbacks", async (_req, res) => {
  const run = await start(callbacks);
  const reader = run.readable.getReader();
  const urls = [(await reader.read()).value, (await reader.read()).value];
  await reader.cancel();
  res.json({ runId: run.runId, urls });
});

app.post("/api/stories", async (req, res) => {
  const run = await start(story, [req.body.words]);
  res.setHeader("x-run-id", run.runId);
  Readable.fromWeb(run.readable as NodeReadableStream).pipe(res);
});

app.get("/api/stories/:id/from/:index", (req, res) => {
  const readable = getRun(req.params.id).getReadable({ startIndex: Number(req.params.index) });
  Readable.fromWeb(readable as NodeReadableStream).pipe(res);
});

app.get("/api/stories/:id/notes", async (req, res) => {
  const notes: unknown[] = [];
  for await (const note of getRun(req.params.id).getReadable({ namespace: "notes" })) {
    notes.push(note);
  }
  res.json(notes);
});

app.post("/api/upper-case", async (req, res) => {
  const source = new ReadableStream<string>({
    start(controller) {
      for (const word of req.body.words as string[]) controller.enqueue(word);
      controller.close();
    },
  });
  const run = await start(upperCased, [source]);
  const words: string[] = [];
  for await (const word of await run.returnValue) words.push(word);
  res.json(words);
});

app.get("/weather", (_req, res) => void res.json({ celsius: 21 }));

app.post("/api/weather", async (req, res) => {
  const runs = [
    await start(weather, [req.body.url]),
    await start(weatherByLibrary, [req.body.url]),
  ];
  res.json(await Promise.all(runs.map(({ returnValue }) => returnValue)));
});

app.get("/api/runs/:id", async (req, res) => {
  const run = getRun(req.params.id);
  const status = await run.status;
  if (status !== "completed") return void res.json({ status });
  const text = JSON.stringify(await run.returnValue, (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value instanceof Set ? [...value] : value,
  );
  res.type("json").send(`{"status":"completed","result":${text}}`);
});

export default app;

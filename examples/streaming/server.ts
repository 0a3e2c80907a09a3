import path from "node:path";
import express from "express";
import { getRun, start } from "everstep/api";
import { sendStream, workflowMiddleware } from "everstep/middleware";
import { report } from "./workflows/report.ts";

const port = Number(process.env.PORT ?? 3000);
/** What a proxy does after a minute, this server does every two seconds. */
const CUT_AFTER_MS = 2_000;
const app = express();

// In a project of its own the workflows are in workflows/ and need not be named.
app.use(workflowMiddleware({ workflows: ["examples/streaming/workflows"] }));

app.get("/", (_req, res) => res.sendFile(path.resolve(import.meta.dirname, "page.html")));

app.post("/reports", async (req, res) => {
  const { runId } = await start(report, [Number(req.query.pages ?? 40), 150]);
  res.status(202).json({ runId });
});

app.get("/reports/:runId/stream", (req, res) => {
  const cut = setTimeout(() => res.destroy(), CUT_AFTER_MS);
  res.once("close", () => clearTimeout(cut));
  return sendStream(req, res, getRun(req.params.runId), { format: "sse" });
});

app.listen(port, (error) => {
  if (error) throw error;
  console.log(`Listening on http://localhost:${port}`);
});

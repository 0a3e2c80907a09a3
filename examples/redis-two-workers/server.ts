import express from "express";
import { getRun, start } from "everstep/api";
import { sendStream, workflowMiddleware } from "everstep/middleware";
import { order } from "./workflows/order.ts";

const port = Number(process.env.PORT ?? 3000);
const app = express();

// It starts runs and answers for them; other processes execute them.
app.use(workflowMiddleware({ worker: false, workflows: ["examples/redis-two-workers/workflows"] }));
app.use(express.json());

app.post("/orders", async (req, res) => {
  const id: unknown = req.body?.id;
  if (typeof id !== "string") return void res.status(400).json({ error: 'Send {"id": "…"}.' });
  const { runId } = await start(order, [id]);
  res.status(202).json({ runId });
});

app.get("/orders/:runId", async (req, res) => {
  const run = getRun(req.params.runId);
  if (!(await run.exists)) return void res.status(404).json({ error: "There is no such run." });
  const status = await run.status;
  const done = status === "completed" ? await run.returnValue : undefined;
  res.json({ status, explanation: await run.explain(), done });
});

app.get("/orders/:runId/stream", (req, res) =>
  sendStream(req, res, getRun(req.params.runId), { format: "sse" }),
);

app.listen(port, (error) => {
  if (error) throw error;
  process.send?.("ready");
});

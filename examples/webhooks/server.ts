import express from "express";
import { getRun, start } from "everstep/api";
import { workflowMiddleware } from "everstep/middleware";
import { order } from "./workflows/order.ts";

const port = Number(process.env.PORT ?? 3000);
const app = express();

// Ahead of express.json(): webhooks get the bytes as they were sent. In a project of its own the
// workflows are in workflows/ and need not be named.
app.use(workflowMiddleware({ workflows: ["examples/webhooks/workflows"] }));
app.use(express.json());

app.post("/orders", async (req, res) => {
  const { id, amount } = req.body as { id: string; amount: number };
  const run = await start(order, [id, amount]);
  // The first thing that the run says is where its webhooks are.
  const reader = run.readable.getReader();
  const { value: urls } = await reader.read();
  await reader.cancel();
  res.status(201).json({ runId: run.runId, urls });
});

app.get("/orders/:runId", async (req, res) => {
  const run = getRun(req.params.runId);
  const status = await run.status;
  res.json({ status, result: status === "completed" ? await run.returnValue : undefined });
});

app.listen(port, (error) => {
  if (error) throw error;
  console.log(`Listening on http://localhost:${port}`);
});

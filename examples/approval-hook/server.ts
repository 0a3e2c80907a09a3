import express from "express";
import { getRun, listHooks, resumeHook, start } from "everstep/api";
import { EntityConflictError, HookNotFoundError, HookPayloadError } from "everstep/errors";
import { workflowMiddleware } from "everstep/middleware";
import { expense } from "./workflows/expense.ts";

const port = Number(process.env.PORT ?? 3000);
const app = express();

// In a project of its own the workflows are in workflows/ and need not be named.
app.use(workflowMiddleware({ workflows: ["examples/approval-hook/workflows"] }));
app.use(express.json());

app.post("/expenses", async (req, res) => {
  const { id, amount } = req.body as { id: string; amount: number };
  const { runId } = await start(expense, [id, amount]);
  res.status(202).json({ runId });
});

/** What waits for somebody to decide. */
app.get("/decisions", async (_req, res) => {
  const { data } = await listHooks();
  res.json(
    data.map(({ token, label }) => ({ id: token.replace("expense:", ""), question: label })),
  );
});

app.post("/expenses/:id/decision", async (req, res) => {
  try {
    await resumeHook(`expense:${req.params.id}`, req.body);
    res.status(202).json({ accepted: true });
  } catch (error) {
    if (HookNotFoundError.is(error)) res.status(404).json({ error: "Nothing waits for this." });
    else if (EntityConflictError.is(error)) res.status(409).json({ error: "It is decided." });
    else if (HookPayloadError.is(error)) res.status(400).json({ error: error.issues });
    else throw error;
  }
});

app.get("/runs/:id", async (req, res) => {
  const run = getRun(req.params.id);
  const status = await run.status;
  res.json({ status, result: status === "completed" ? await run.returnValue : undefined });
});

app.listen(port, (error) => {
  if (error) throw error;
  console.log(`Listening on http://localhost:${port}`);
});

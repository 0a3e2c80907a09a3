import express from "express";
import { getRun, start } from "everstep/api";
import { sendStream, workflowMiddleware } from "everstep/middleware";
import { showProgress } from "./show-progress.ts";
import { userSignup } from "./workflows/user-signup.ts";

const port = Number(process.env.PORT ?? 3000);
const app = express();

// In a project of its own the workflows are in workflows/ and need not be named.
app.use(workflowMiddleware({ workflows: ["examples/quickstart/workflows"] }));
app.use(express.json());

app.post("/api/signup", async (req, res) => {
  const email: unknown = req.body?.email;
  if (typeof email !== "string" || !email.includes("@")) {
    return void res.status(400).json({ error: 'Send {"email": "…"} as JSON.' });
  }
  const { runId } = await start(userSignup, [email]);
  res
    .status(202)
    .json({ runId, status: `/api/runs/${runId}`, stream: `/api/runs/${runId}/stream` });
});

app.get("/api/runs/:id", async (req, res) => {
  const run = getRun(req.params.id);
  if (!(await run.exists)) return void res.status(404).json({ error: "There is no such run." });
  const status = await run.status;
  const result = status === "completed" ? await run.returnValue : undefined;
  res.json({ runId: run.runId, status, explanation: await run.explain(), result });
});

app.get("/api/runs/:id/stream", (req, res) =>
  sendStream(req, res, getRun(req.params.id), { format: "sse" }),
);

app.listen(port, async (error) => {
  if (error) throw error;
  console.log(`Listening on http://localhost:${port}`);
  await showProgress();
  console.log(`
Try next, from another terminal:
  curl -X POST localhost:${port}/api/signup -H "content-type: application/json" -d '{"email":"you@example.com"}'
  curl localhost:${port}/api/runs/<runId>
  curl -N localhost:${port}/api/runs/<runId>/stream

Or kill this process during a run, with kill -9 if you like, and start it again.`);
});

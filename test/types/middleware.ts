// Checked by `npm run types`; nothing here runs. The middleware has the types of Express 4 and 5.
import express5 from "express";
import express4 from "express-4";
import { createServer } from "node:http";
import {
  createWorkflowHandler,
  startOnce,
  toNodeHandler,
  workflowMiddleware,
} from "../../middleware";

async function order(id: string, amount: number): Promise<boolean> {
  return id.length > amount;
}

const app5 = express5();
app5.use(workflowMiddleware());
app5.use("/api", workflowMiddleware({ url: "https://shop.example", worker: false }));
express5.Router().use(workflowMiddleware());
app5.post("/orders", async (req, res) => {
  const run = await startOnce(req, order, ["a", 1], { scope: "user" });
  const result: boolean = await run.returnValue;
  res.json({ result });
});

const app4 = express4();
app4.use(workflowMiddleware({ replyTimeoutMs: 1, maxBodyBytes: 1, webhookTokens: "generated" }));
app4.use("/api", workflowMiddleware());
app4.post("/orders", (req) => void startOnce(req, order, ["a", 1]));

const handler = createWorkflowHandler();
createServer(toNodeHandler(handler));
export const answered: Promise<Response | null> = handler(new Request("http://localhost/"));
export const ready: Promise<void> = workflowMiddleware().ready;

// @ts-expect-error: the workflow takes an amount
void startOnce(new Request("http://localhost/"), order, ["a"]);

// @ts-expect-error: no such option
workflowMiddleware({ workers: 2 });

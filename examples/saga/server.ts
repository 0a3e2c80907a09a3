import express from "express";
import { getRun, start } from "everstep/api";
import { sendStream, workflowMiddleware } from "everstep/middleware";
import { bookTrip } from "./workflows/book-trip.ts";

const port = Number(process.env.PORT ?? 3000);
const app = express();

// In a project of its own the workflows are in workflows/ and need not be named.
app.use(workflowMiddleware({ workflows: ["examples/saga/workflows"] }));
app.use(express.json());

app.post("/trips", async (req, res) => {
  const run = await start(bookTrip, [req.body]);
  res.json({ runId: run.runId, ...(await run.returnValue) });
});

/** What was booked and cancelled, a JSON value a line. */
app.get("/trips/:runId/bookings", (req, res) =>
  sendStream(req, res, getRun(req.params.runId), { format: "ndjson" }),
);

app.listen(port, (error) => {
  if (error) throw error;
  console.log(`Listening on http://localhost:${port}`);
});

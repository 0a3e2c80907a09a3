import { start } from "everstep/api";
import { userSignup } from "./workflows/user-signup.ts";

/** Starts a signup and prints what it says; if one is under way, that goes on (it has the key). */
export async function showProgress(): Promise<void> {
  const run = await start(userSignup, ["ada@example.com"], { key: "first-signup" });
  const { count } = await run.getStreamInfo();
  console.log(`Run ${run.runId} ${count > 0 ? "goes on where it was" : "has started"}:`);
  for await (const { index, value } of run.getChunks<string>()) {
    console.log(`  ${value}${index < count ? " (before)" : ""}`);
  }
  console.log(`Completed: ${JSON.stringify(await run.returnValue)}`);
}

import { getStepMetadata, getWritable } from "everstep";

const TASKS = ["check", "charge", "pick", "wrap", "label", "hand over", "thank"];

/** What a step returns, and what the stream says when a body begins. */
export interface Done {
  task: string;
  /** The process that did it. */
  worker: number;
}

export async function order(id: string, taskMs = 1_000): Promise<Done[]> {
  "use workflow";
  const done: Done[] = [];
  for (const task of TASKS) done.push(await work(id, task, taskMs));
  return done;
}

/** Takes a while, so that there is time to kill its process. */
async function work(id: string, task: string, ms: number): Promise<Done> {
  "use step";
  const { attempt } = getStepMetadata();
  const worker = process.pid;
  console.log(`worker ${worker}: order ${id}, ${task}${attempt > 1 ? `, attempt ${attempt}` : ""}`);
  const writer = getWritable<Done>().getWriter();
  await writer.write({ task, worker });
  writer.releaseLock();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { task, worker };
}

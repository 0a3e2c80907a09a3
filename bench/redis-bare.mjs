// What others do on the same Redis with as much work: bare BullMQ, and one awaited script.
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { Queue, Worker } = require("bullmq");

/** The log entries and the update of the run that a step is. */
const APPEND = `
local fence = redis.call("HGET", KEYS[1], "fence")
if fence ~= ARGV[1] then return 0 end
local position = tonumber(ARGV[2])
for n = 3, #ARGV do
  redis.call("XADD", KEYS[2], (position + n - 3) .. "-0", "e", ARGV[n], "s", position + n - 3)
end
redis.call("HSET", KEYS[1], "position", position + #ARGV - 3, "append", ARGV[2])
return 1`;

/** Milliseconds for so many, one after the other. */
export async function bareAppends(client, count) {
  const [run, log] = [`bare:{1}:${randomUUID()}`, `bare:{1}:log:${randomUUID()}`];
  await client.hset(run, "fence", "7", "position", 0);
  const sha = await client.script("LOAD", APPEND);
  const call = "step//./workflows/bench//noop:";
  const began = performance.now();
  for (let n = 0; n < count; n++) {
    const at = Date.now();
    const events = [
      { type: "step_completed", at, call: call + n, output: '1j{"ok":true,"n":1}' },
      { type: "step_created", at, call: call + n, input: "1j[1]" },
      { type: "step_started", at, call: call + n, attempt: 1 },
    ].map((event) => JSON.stringify(event));
    const done = await client.evalsha(sha, 2, run, log, "7", String(n * 3 + 1), ...events);
    if (done !== 1) throw new Error("The bare append was refused");
  }
  const took = performance.now() - began;
  await client.del(run, log);
  return took;
}

/** Milliseconds for a chain of so many jobs, each of which adds the next. */
export async function bareChain(url, count) {
  const { queue, close, work } = openQueue(url);
  let left = count;
  const done = work(1, async () => {
    if (--left > 0) await queue.add("hop", { n: left }, KEEP_NONE);
    return left === 0;
  });
  const began = performance.now();
  await queue.add("hop", { n: left }, KEEP_NONE);
  await done;
  const took = performance.now() - began;
  await close();
  return took;
}

/** Milliseconds for so many jobs that were there before. */
export async function bareJobs(url, count, concurrency) {
  const { queue, close, work } = openQueue(url);
  const jobs = Array.from({ length: count }, (_, n) => ({ name: "job", data: { n } }));
  for (let from = 0; from < count; from += 1_000) {
    await queue.addBulk(jobs.slice(from, from + 1_000).map((job) => ({ ...job, opts: KEEP_NONE })));
  }
  let left = count;
  const began = performance.now();
  await work(concurrency, async () => --left === 0);
  const took = performance.now() - began;
  await close();
  return took;
}

/** The same, where they are added meanwhile, so many at once. */
export async function bareAddedJobs(url, count, atOnce) {
  const { queue, close, work } = openQueue(url);
  let left = count;
  const done = work(atOnce, async () => --left === 0);
  let toAdd = count;
  const began = performance.now();
  const lane = async () => {
    while (toAdd-- > 0) await queue.add("job", { n: toAdd }, KEEP_NONE);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  await done;
  const took = performance.now() - began;
  await close();
  return took;
}

const KEEP_NONE = { removeOnComplete: true };

function openQueue(url) {
  const name = `bare-${randomUUID()}`;
  const prefix = "{bare}";
  const queue = new Queue(name, { connection: { url }, prefix });
  const workers = [];
  return {
    queue,
    /** Resolves when a job says that it was the last one. */
    work: (concurrency, process) =>
      new Promise((resolve, reject) => {
        const options = {
          concurrency,
          prefix,
          connection: { url, maxRetriesPerRequest: null },
        };
        const each = async () => {
          if (await process()) resolve();
        };
        workers.push(new Worker(name, each, options).on("error", reject));
      }),
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
      await queue.obliterate({ force: true });
      await queue.close();
    },
  };
}

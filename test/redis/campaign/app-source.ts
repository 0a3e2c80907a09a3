/**
 * The app of the campaign: workflows that do what their plans say. Each version takes another path
 * through its steps, so a run that went on with the code of another one would be found out (P6).
 */
export function appSource(version: number): string {
  return `${STEPS}\nconst VERSION = ${version};\n${WORKFLOWS}`;
}

const STEPS = `
import { sleep, createHook, getStepMetadata, getWorkflowMetadata, getWritable } from "everstep";
import { start } from "everstep/api";

export async function work({ label, ms = 2, fails = 0 }) {
  "use step";
  return globalThis.campaign.body(label, getStepMetadata(), getWorkflowMetadata(), { ms, fails });
}
work.maxRetries = 5;
work.backoff = 20;
export async function block({ label, ms }) {
  "use step";
  const how = { ms, fails: 0, blocks: true };
  return globalThis.campaign.body(label, getStepMetadata(), getWorkflowMetadata(), how);
}
export async function write({ label, count, ms }) {
  "use step";
  const step = getStepMetadata();
  const writer = getWritable().getWriter();
  const work = async () => {
    for (let nth = 0; nth < count; nth++) {
      await writer.write(label + " " + nth);
      if (ms > 0) await globalThis.campaign.pause(ms, step.signal);
    }
    writer.releaseLock();
  };
  return globalThis.campaign.body(label, step, getWorkflowMetadata(), { fails: 0, work });
}
export async function begin(label, steps) {
  "use step";
  let run;
  const work = async () => { run = await start(sequence, [{ label, steps, ms: 5 }]); };
  await globalThis.campaign.body("begin " + label, getStepMetadata(), getWorkflowMetadata(), { fails: 0, work });
  return run;
}
`;

const WORKFLOWS = `
async function prologue() {
  for (let nth = 0; nth < VERSION % 3; nth++) await work({ label: "prologue " + nth });
}
const labels = (label, count) => Array.from({ length: count }, (_, nth) => label + "." + nth);

export async function sequence({ label, steps, ms }) {
  "use workflow";
  await prologue();
  const done = [];
  for (const each of labels(label, steps)) done.push(await work({ label: each, ms }));
  return [VERSION, done];
}
export async function fanOut({ label, steps, ms }) {
  "use workflow";
  await prologue();
  return [VERSION, await Promise.all(labels(label, steps).map((each) => work({ label: each, ms })))];
}
export async function race({ label, stepMs, sleepMs }) {
  "use workflow";
  await prologue();
  const limit = sleep(sleepMs);
  const first = await Promise.race([work({ label, ms: stepMs }), limit.then(() => "late")]);
  limit.cancel();
  return [VERSION, [first, await work({ label: label + " after" })]];
}
export async function hear({ label, takes, token }) {
  "use workflow";
  await prologue();
  const hook = createHook({ name: label, ...(token && { token }) });
  const heard = [];
  while (heard.length < takes) heard.push(await hook);
  hook.dispose();
  return [VERSION, heard];
}
export async function nap({ label, naps }) {
  "use workflow";
  await prologue();
  await Promise.all(naps.map(async (ms, nth) => {
    await sleep(ms);
    await work({ label: label + "." + nth });
    await sleep(ms);
  }));
  return [VERSION, naps.length];
}
export async function retry({ label, fails }) {
  "use workflow";
  await prologue();
  const each = (count, nth) => work({ label: label + "." + nth, fails: count, ms: 10 });
  return [VERSION, await Promise.all(fails.map(each))];
}
export async function family({ label, children, steps }) {
  "use workflow";
  await prologue();
  const runs = await Promise.all(labels(label, children).map((each) => begin(each, steps)));
  const ends = await Promise.all(runs.map((run) => run.returnValue));
  return [VERSION, ends.map(([, done]) => done)];
}
export async function obstruct({ label, ms }) {
  "use workflow";
  await prologue();
  return [VERSION, await block({ label, ms })];
}
export async function stream({ label, writers, count, ms }) {
  "use workflow";
  await prologue();
  return [VERSION, await Promise.all(labels(label, writers).map((each) => write({ label: each, count, ms })))];
}
`;

/** Workflows that wait for values from outside, one for each way of doing so. */
export const HOOK_WORKFLOWS = `
import { createHook, sleep } from "everstep";
import { resumeHook } from "everstep/api";
export const gates = {};
export const seen = [];

export async function echo(value) { "use step"; return value; }
export async function waitsFor(name) {
  "use step";
  seen.push(name);
  await new Promise((resolve) => { gates[name] = resolve; });
  return name;
}
export async function sends(token, payload) { "use step"; return (await resumeHook(token, payload)).runId; }
sends.maxRetries = 0;

export async function listens(token, times = 1) {
  "use workflow";
  const hook = createHook({ token, metadata: { for: token, nested: [{ at: new Date(5) }] } });
  const heard = [];
  for (let n = 0; n < times; n++) heard.push(await hook);
  return heard;
}
export async function slowly(token) {
  "use workflow";
  const hook = createHook({ token });
  const first = await hook;
  await waitsFor(token);
  return [first, await hook];
}
export async function early(token) {
  "use workflow";
  const hook = createHook({ token });
  await waitsFor(token);
  return [await hook, await hook];
}
export async function fails(token) { "use workflow"; const hook = createHook({ token }); await hook; throw new Error("over"); }
export async function generated() {
  "use workflow";
  const hooks = [createHook({ name: "one" }), createHook({ name: "two" })];
  const tokens = await echo(hooks.map(({ token }) => token));
  return [tokens, await Promise.all(hooks)];
}
export async function iterates(token, most) {
  "use workflow";
  const seen = [];
  for await (const each of createHook({ token })) {
    seen.push(each);
    if (seen.length === most) break;
  }
  return seen;
}
export async function disposes() {
  "use workflow";
  let token;
  {
    using hook = createHook();
    token = hook.token;
    await echo(1);
    hook.dispose();
    hook.dispose();
  }
  for (let n = 0; n < 5; n++) await echo(n);
  await createHook({ token: "disposes:" + token });
  return token;
}
export async function singleton(key) {
  "use workflow";
  const hook = createHook({ token: key });
  const owner = await hook.getConflict();
  if (owner) return { runs: owner.runId };
  return { heard: await hook };
}
export async function takesOver(token) {
  "use workflow";
  for (let tries = 0; tries < 1000; tries++) {
    const hook = createHook({ token });
    try { return { heard: await hook }; }
    catch (error) {
      if (error.name !== "HookConflictError") throw error;
      await sleep(20);
    }
  }
}
export async function retakes(token) {
  "use workflow";
  const hook = createHook({ token });
  const first = await hook;
  hook.dispose();
  await createHook({ token: token + ":end" });
  return first;
}
export async function timeout(token) {
  "use workflow";
  const hook = createHook({ token });
  const winner = await Promise.race([hook, sleep(30).then(() => "late")]);
  await createHook({ token: token + ":end" });
  return winner;
}
export async function both(token) {
  "use workflow";
  return Promise.all([createHook({ token: token + "a" }), createHook({ token: token + "b" })]);
}
export async function speaks(token, payload) { "use workflow"; return sends(token, payload); }
export async function toItself(token) {
  "use workflow";
  const hook = createHook({ token });
  await sends(token, "hello me");
  return hook;
}
export async function sendsItself(token) {
  "use workflow";
  try { resumeHook(token, 1); } catch (error) { return error.message.split("\\n")[0]; }
}
export async function twice(token) {
  "use workflow";
  const [first, second] = [createHook({ token }), createHook({ token })];
  const owner = await second.then(() => null, (error) => error.conflictingRunId);
  return [owner, await first];
}
export async function described(token) {
  "use workflow";
  return createHook({ token, name: "approval", label: "Approve?", schema: { type: "boolean" } });
}
`;

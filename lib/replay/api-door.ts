/**
 * What a bundle gets for `everstep/api`, `everstep/runtime` and the worlds: the names of what stands
 * in the same files as workflows, none of which a workflow can call itself (IM-03). Only the
 * sandbox's build resolves to this file.
 */
import { wrongPlace } from "../contract/wrong-place";

export const start = refusing("start");
export const getRun = refusing("getRun");
export const listRuns = refusing("listRuns");
export const listHooks = refusing("listHooks");
export const resumeHook = forOutside("resumeHook()");
export const resumeWebhook = forOutside("resumeWebhook()");
export const getHookByToken = refusing("getHookByToken");
export const getWorld = refusing("getWorld");
export const setWorld = refusing("setWorld");
export const createRuntime = refusing("createRuntime");
export const createEmbeddedWorld = refusing("createEmbeddedWorld");

function forOutside(call: string): () => never {
  return () => {
    throw wrongPlace(`\`${call}\` can only be called from outside a workflow function`);
  };
}

function refusing(name: string): () => never {
  return () => {
    throw wrongPlace(`The workflow environment doesn't allow this runtime usage of ${name}.`);
  };
}

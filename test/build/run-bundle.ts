/** A bundle in a realm of its own, with a prelude just large enough for these tests. */
import vm from "node:vm";
import type { BundleScript } from "../../lib/contract/bundle";

export const BUNDLE_NAME = "workflows.bundle";

type Call = { id: string; args: unknown[] };
type Workflow = (...args: unknown[]) => Promise<unknown>;

export interface Sandbox {
  calls: Call[];
  script: BundleScript;
  /** Loads the modules of one workflow and calls it. */
  run(id: string, ...args: unknown[]): Promise<unknown>;
}

const PRELUDE = `
  globalThis[Symbol.for("everstep.sandbox")] = {
    call(id, receiver, args) { return host.call(id, args); },
    step(id) { return (...args) => host.call(id, args); },
    method(id) { return (...args) => host.call(id, args); },
    mark() {},
    workflow(id, fn, owner) { host.workflows.set(id, owner ? fn.bind(owner) : fn); return fn; },
    class(id, fn) { return fn; },
    at(site, callee) { return callee; },
    tick() {
      if (host.ticks-- > 0) return 1000;
      throw new Error("out of passes");
    },
  };
`;

/** `ticks` times a thousand passes are allowed. */
export function openSandbox(
  code: string,
  { ticks = 1000, step = (call: Call): unknown => call.args[0] } = {},
): Sandbox {
  const calls: Call[] = [];
  const workflows = new Map<string, Workflow>();
  const call = async (id: string, args: unknown[]) => {
    calls.push({ id, args });
    return step({ id, args });
  };
  const context = vm.createContext({ host: { call, workflows, ticks } });
  vm.runInContext(PRELUDE, context);
  const script = new vm.Script(code, { filename: BUNDLE_NAME }).runInContext(
    context,
  ) as BundleScript;
  return {
    calls,
    script,
    run(id, ...args) {
      script.workflows[id]!();
      return workflows.get(id)!(...args);
    },
  };
}

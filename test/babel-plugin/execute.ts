/**
 * Runs compiled output for its meaning: the host output in this realm with a registry of its own,
 * the workflow output against a small prelude that carries every step call, by value, to the host.
 */
import { createContext, Script } from "node:vm";
import { compile, toScript } from "./compile";

export interface Compiled {
  /** What the host output exports. */
  host: Record<string, unknown>;
  records: { kind: string; id: string; fn: AnyFunction; at: string }[];
  /** Runs a workflow of the file, by the last piece of its id, and returns its result. */
  run(name: string, ...args: unknown[]): Promise<unknown>;
  /** The ids of the steps called by runs, in order. */
  calls: string[];
  /** The sites of the sleeps and hooks reached by runs, in order. */
  sites: string[];
}

type AnyFunction = (...args: unknown[]) => unknown;
type Marked = AnyFunction & { stepId?: string };
type Capture = () => Record<string, unknown>;
type Modules = Record<string, unknown>;

export function execute(source: string, modules: Modules = {}, file = "input.ts"): Compiled {
  const host = createRealm({ require: (name) => modules[name] ?? anything });
  const records: Compiled["records"] = [];
  host.global[Symbol.for("everstep.registry")] = records;
  host.evaluate(toScript(compile(source, "host", file), file));
  const calls: string[] = [];
  const sites: string[] = [];
  const run: Compiled["run"] = async (name, ...args) => {
    const workflows = new Map<string, AnyFunction>();
    const sandbox = createRealm({ require: (name) => modules[name] ?? refuse(name) });
    sandbox.global[Symbol.for("everstep.sandbox")] = prelude({ records, calls, sites, workflows });
    sandbox.evaluate(toScript(compile(source, "workflow", file), file));
    const found = [...workflows, ...Object.entries(sandbox.exports)].find(
      ([id, fn]) => id.startsWith("workflow//") && id.endsWith(name) && typeof fn === "function",
    );
    if (!found) throw new Error(`No workflow ${name}`);
    return copy(await (found[1] as AnyFunction)(...args));
  };
  return { host: host.exports, records, run, calls, sites };
}

interface PreludeState {
  records: Compiled["records"];
  calls: string[];
  sites: string[];
  workflows: Map<string, AnyFunction>;
}

function prelude({ records, calls, sites, workflows }: PreludeState): object {
  const captures = new WeakMap<AnyFunction, Capture>();
  /** By value, except that a step travels as a reference, as it does in the codec. */
  const send = (value: unknown): unknown => {
    const stepId = typeof value === "function" ? (value as Marked).stepId : undefined;
    if (stepId !== undefined) return hostFunction(stepId, captures.get(value as AnyFunction));
    if (Array.isArray(value)) return value.map(send);
    if (typeof value !== "object" || value === null) return copy(value);
    const entries = Object.entries(value).map(([key, each]) => [key, send(each)] as const);
    return Object.fromEntries(entries);
  };
  const hostFunction = (id: string, capture?: Capture): AnyFunction => {
    const record = records.find((each) => each.id === id);
    if (!record) throw new Error(`No step ${id}`);
    if (record.kind === "step") return record.fn;
    const captured = (capture ? send(capture()) : {}) as Record<string, unknown>;
    return record.fn.call(captured.this, captured) as AnyFunction;
  };
  const call = async (id: string, receiver: unknown, args: unknown[], capture?: Capture) => {
    calls.push(id);
    const result = hostFunction(id, capture).apply(send(receiver), send(args) as unknown[]);
    return copy(await result);
  };
  const mark = (stub: AnyFunction, stepId: string, capture?: Capture): AnyFunction => {
    if (capture) captures.set(stub, capture);
    return Object.defineProperty(stub, "stepId", { value: stepId });
  };
  return {
    call,
    mark,
    step: (id: string, capture?: Capture) =>
      mark((...args) => call(id, undefined, args, capture), id, capture),
    method: (id: string, capture?: Capture) =>
      mark(
        function (this: unknown, ...args: unknown[]) {
          return call(id, this, args, capture);
        },
        id,
        capture,
      ),
    workflow: (id: string, fn: AnyFunction, receiver?: unknown) => {
      workflows.set(id, fn.bind(receiver));
      return fn;
    },
    class: (_id: string, fn: AnyFunction) => fn,
    at: (site: string, callee: AnyFunction) => (sites.push(site), callee),
    tick: () => 1,
  };
}

function createRealm({ require }: { require: (name: string) => unknown }) {
  const module = { exports: {} as Record<string, unknown> };
  const context = createContext({ module, exports: module.exports, require, console });
  return {
    global: context as Record<PropertyKey, unknown>,
    get exports() {
      return module.exports;
    },
    evaluate: (code: string) => void new Script(code).runInContext(context),
  };
}

/** On the host a fixture may import what it likes; in the sandbox only what it really uses. */
const anything: unknown = new Proxy(function () {}, {
  get: (_target, key) => (key === "__esModule" ? true : anything),
  apply: () => anything,
  construct: () => anything as object,
});

function refuse(name: string): never {
  throw new Error(`The workflow output still requires ${name}`);
}

function copy(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);
}

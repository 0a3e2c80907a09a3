/**
 * What runs inside the sandbox's realm, ahead of the bundle: the globals, the durable calls, and the
 * prelude that compiled code finds. scripts/build.mjs bundles it into ../realm-script.ts.
 *
 * Nothing here may hand a function or an object of the host to user code: `SandboxHost` stays in
 * closures, and only strings and numbers pass through it (R2).
 */
import type { BundleScript } from "../../contract/bundle";
import * as errors from "../../contract/error";
import { PRELUDE_SYMBOL, type Prelude } from "../../contract/prelude";
import { FatalError, RetryableError } from "../../contract/step-error";
import { type Codec, type CodecRealm, createCodec } from "../../codec/codec";
import { describe } from "../../codec/describe";
import { createReadBody } from "../calls/fetch";
import { HOOK_CLASSES, HookCalls, installHooks } from "../calls/hook";
import { RUN_CLASSES, RunCalls } from "../calls/run";
import { createStepCalls } from "../calls/step";
import { adoptRun, installGlobals, resetGlobals } from "../globals/install";
import { atSite } from "./call-site";
import { createClassRegistry } from "./class-registry";
import { createRandom } from "./random";
import { Runtime } from "./runtime";
import type { GlobalsHost } from "./globals-host";
import { createGuard } from "./guard";
import { guardMethods } from "./guard-methods";
import {
  CALLS_METHODS,
  type CallsHost,
  type SandboxHost,
  SIGNAL,
  type Signal,
} from "./sandbox-host";
import { StepReferences } from "./step-references";
import { createTick } from "./tick";
import { realmTypes } from "./value-types";
import { webClass } from "./web-classes";
import { createApi } from "./workflow-api";
import { WorkflowRun } from "./workflow-run";

let host: CallsHost;
let runtime: Runtime;
let run: WorkflowRun;
let prelude: Prelude;
let isFurnished = false;

const { exec } = RegExp.prototype;
const NOTHING = /(?:)/;

/** For each run of the realm, with the script of the bundle evaluated in it afterwards. */
export function install(sandboxHost: SandboxHost): void {
  host = guardMethods(sandboxHost, CALLS_METHODS);
  const references = new StepReferences();
  const classes = createClassRegistry();
  const stepValues: Pick<CodecRealm, "stepOf" | "makeStep"> = {
    stepOf: (fn) => references.find(fn),
    makeStep: (id, captured, receiver) => {
      const capture = captured && (() => captured);
      return receiver === undefined
        ? calls.step(id, capture)
        : references.bind(calls.method(id, capture), receiver);
    },
  };
  const classValues = { classIdOf: classes.idOf, classOf: classes.find };
  const runs = new RunCalls(
    () => runtime,
    (...args) => calls.call(...args),
  );
  const types = () => [...realmTypes(), runs.type];
  const codec: Codec = createCodec({ ...stepValues, ...classValues, webClass }, types);
  runtime = new Runtime(host, codec);
  const calls = createStepCalls(runtime, references);
  adoptRun(globalsHost(sandboxHost), createReadBody(calls.call));
  if (!isFurnished) furnish(runtime.facts().bundleName);
  const hooks = new HookCalls(runtime);
  run = new WorkflowRun(runtime);
  prelude = Object.freeze<Prelude>({
    ...calls,
    workflow: (id, fn, receiver) => run.register(id, fn, receiver),
    class: classes.add,
    at: atSite,
    api: createApi(runtime, hooks, calls.call),
    tick: createTick(host),
  });
  // What `RegExp.$1` and the like show of the latest match is the same at the start of every run.
  Reflect.apply(exec, NOTHING, [""]);
}

/** What is the same for all runs of the realm. */
function furnish(bundleName: string): void {
  isFurnished = true;
  installGlobals(globalThis, bundleName);
  installHooks();
  Object.defineProperty(globalThis, PRELUDE_SYMBOL, { get: () => prelude });
}

/** From where workflow code can reach what it has not made itself. */
export function roots(): readonly unknown[] {
  return [globalThis, ...SYNTAX, ...HOOK_CLASSES, ...RUN_CLASSES, ...Object.values(ERRORS), atSite];
}

/** Classes whose instances workflow code meets. */
const ERRORS = { ...errors, FatalError, RetryableError };

/** Objects that code can reach without a name. */
const SYNTAX: readonly unknown[] = [
  ...[async () => {}, function* () {}, async function* () {}],
  ...[[].values(), new Map().values(), new Set().values(), ""[Symbol.iterator]()],
  "".matchAll(/x/g),
].map(Object.getPrototypeOf);

/**
 * After a run, once nothing of it is left to happen: what was made on demand is to be made again.
 * False if that cannot be.
 */
export function reset(): boolean {
  return resetGlobals();
}

/** What the script of the bundle evaluated to. */
export function load(script: BundleScript): void {
  run.load(script);
}

/**
 * One event for the workflow. Everything it sets off happens in the drain that follows. Its value is
 * the promise that it fulfilled itself, if there is one: that needs no guard.
 */
export function enter(): Promise<unknown> | void {
  const signal = host.signal() as Signal;
  if (signal === SIGNAL.start) return run.start(host.signalText());
  return runtime.deliver(host.signalCall(), signal, host.signalText());
}

export { createGuard };

/** For the message about a realm that is broken. Calls no getter. */
export function textOf(thrown: unknown): string {
  try {
    const message = Object.getOwnPropertyDescriptor(thrown as object, "message")?.value as unknown;
    return typeof message === "string" ? message : describe(thrown);
  } catch {
    return "something was thrown that cannot be read";
  }
}

function globalsHost(sandboxHost: SandboxHost): GlobalsHost {
  // Seeding takes longer than the rest, and most workflows draw nothing.
  let random: (() => number) | undefined;
  return {
    now: () => sandboxHost.now(),
    random: () => (random ??= createRandom(runtime.facts().runId))(),
    environment: (name) => sandboxHost.environment(name),
    print: (level, text) => sandboxHost.print(level, text),
    parseUrl: (url, base) => sandboxHost.parseUrl(url, base),
    changeUrl: (href, part, value) => sandboxHost.changeUrl(href, part, value),
    digest: (algorithm, bytes) => sandboxHost.digest(algorithm, bytes),
  };
}

/**
 * One realm for one live run (R1): the only file that knows node:vm.
 *
 * - X1 Each entry is one evaluation; the microtasks it sets off have all run when it returns
 *   (`microtaskMode: "afterEvaluate"`), so "blocked" is exact. It has no time limit: one costs a
 *   thread, and on Node 20 and 22 it aborts a process that uses AsyncLocalStorage (decision 006).
 * - X2 Only strings and numbers cross (R2). Functions of the realm that the host holds are called for
 *   what is not user code; at its objects it only looks, with functions that run no code of theirs.
 * - X3 No promise of the realm is left to the host's own watch for rejections (R6): what settles
 *   during an entry gets a handler inside the realm before the host's turn is over.
 */
import { promiseHooks } from "node:v8";
import { constants, createContext, type Context, Script } from "node:vm";
import { BUNDLE_FORMAT, type BundleScript } from "../contract/bundle";
import { BundleError, WorkflowRuntimeError } from "../contract/error";
import { PRELUDE_NUMBER } from "../contract/prelude";
import { isUnchanged, type RealmPicture, takePicture } from "./realm-picture";
import { REALM_SCRIPT } from "./realm-script";
import type { SandboxHost } from "./realm/sandbox-host";

type Guard = (promise: Promise<unknown>) => Promise<unknown> | undefined;

/** What the realm's script evaluates to, see realm/main.ts. */
interface Prelude {
  install(host: SandboxHost): void;
  /** From where workflow code can reach what it has not made itself. */
  roots(): readonly unknown[];
  load(script: BundleScript): void;
  /** After a run: forgets what was made on demand. False if that cannot be. */
  reset(): boolean;
  createGuard(): Guard;
  /** What was thrown, as text; runs no code of the workflow. */
  textOf(thrown: unknown): string;
}

interface Realm extends Prelude {
  context: Context;
  /** As it was before its first run; undefined if it is not to be used again. */
  picture: RealmPicture | undefined;
}

/** The realms for the runs of one bundle, one after another (decision 008). */
interface RealmPool {
  /** Left by a run as it found them. */
  spare: Realm[];
  /** How many there are that can be used again, spare ones and others. */
  count: number;
}

/** A bundle that is compiled once and evaluated in many realms. */
export interface CompiledBundle {
  /** The file name in its stack frames. */
  name: string;
  script: Script;
}

/** Promises that are kept at most until they are guarded: a loop may make millions in one entry. */
const MOST_SETTLED = 4096;

let realmScript: Script | undefined;
const enter = new Script("everstep$.enter()", { filename: "everstep-enter" });
const drain = new Script("0", { filename: "everstep-enter" });

const pools = new WeakMap<CompiledBundle, RealmPool>();
/** To know what a realm was like costs time and memory, which runs that sleep for months do not need. */
const MOST_REUSABLE = 64;

export function compileBundle(code: string, hash: string): CompiledBundle {
  const name = `everstep-bundle-${hash.slice(0, 12)}.js`;
  return { name, script: new Script(code, { filename: name }) };
}

export class Sandbox {
  private readonly realm: Realm;
  /** What settled during the entry and has no guard yet. */
  private settled: Promise<unknown>[] = [];
  /** Promises that guarding made, which need no guard themselves. */
  private readonly guards = new Set<Promise<unknown>>();

  constructor(
    private readonly bundle: CompiledBundle,
    host: SandboxHost,
  ) {
    this.realm = takeRealm(bundle, host);
    const script = bundle.script.runInContext(this.realm.context) as BundleScript;
    this.realm.load(checked(script));
  }

  /** Nothing enters any more. The realm is for another run of the bundle, if nothing of this shows. */
  release(): void {
    const pool = pools.get(this.bundle);
    const { picture } = this.realm;
    if (!pool || !picture) return;
    // What guarding has left to run belongs to this run.
    drain.runInContext(this.realm.context);
    if (this.realm.reset() && isUnchanged(picture)) pool.spare.push(this.realm);
    else pool.count--;
  }

  /** The same for a run whose code was stopped: nobody knows what it was about to do. */
  abandon(): void {
    const pool = pools.get(this.bundle);
    if (pool && this.realm.picture) pool.count--;
  }

  /** One event; the host says which. */
  enter(): void {
    const before = watch.note;
    watch.note = this.noteSettled;
    let fulfilled: unknown;
    try {
      fulfilled = enter.runInContext(this.realm.context);
    } catch (thrown) {
      throw this.broken(thrown);
    } finally {
      watch.note = before;
      this.guardSettled(fulfilled);
    }
  }

  private readonly noteSettled = (promise: Promise<unknown>): void => {
    if (this.settled.push(promise) >= MOST_SETTLED) this.guardSettled(undefined);
  };

  /** `fulfilled` has no rejection to hide. */
  private guardSettled(fulfilled: unknown): void {
    const promises = this.settled;
    if (promises.length === 0 || (promises.length === 1 && promises[0] === fulfilled)) {
      promises.length = 0;
      return;
    }
    this.settled = [];
    const guard = this.realm.createGuard();
    for (const promise of promises) {
      if (promise === fulfilled || this.guards.delete(promise) || isOfHost(promise)) continue;
      const made = guard(promise);
      if (made) this.guards.add(made);
    }
  }

  /** Workflow code has replaced what the prelude stands on. Only text of it passes (X2). */
  private broken(thrown: unknown): Error {
    const message = `The sandbox of the run could not go on: ${this.realm.textOf(thrown)}`;
    return new WorkflowRuntimeError("SANDBOX_BROKEN", message);
  }
}

/** A realm that is ready for the host, and for the script of the bundle. */
function takeRealm(bundle: CompiledBundle, host: SandboxHost): Realm {
  const pool = pools.get(bundle) ?? { spare: [], count: 0 };
  pools.set(bundle, pool);
  const realm = pool.spare.pop() ?? createRealm();
  realm.install(host);
  if (!realm.picture && pool.count < MOST_REUSABLE) {
    pool.count++;
    realm.picture = takePicture(realm.roots());
  }
  return realm;
}

function createRealm(): Realm {
  // Not an object that Node watches: each global that the code names would be asked for there.
  const context = createContext(constants.DONT_CONTEXTIFY, {
    microtaskMode: "afterEvaluate",
    codeGeneration: { strings: true, wasm: false },
  });
  realmScript ??= new Script(REALM_SCRIPT, { filename: "everstep-prelude" });
  const prelude = realmScript.runInContext(context) as Prelude;
  const { install, load, roots, reset, createGuard, textOf } = prelude;
  return { context, picture: undefined, install, load, roots, reset, createGuard, textOf };
}

interface PromiseWatch {
  /** Tells the sandbox that is being evaluated; null outside of an entry. */
  note: ((promise: Promise<unknown>) => void) | null;
}

const WATCH = Symbol.for("everstep.promises");
const watch = watchPromises();

/**
 * Once for the process, and for good: turning the hook on and off for each entry costs a visit of
 * every realm there is. Outside an entry it only looks at one field. It is found on the module of
 * Node itself, since copies of the package share it, and in Jest each test file loads a copy.
 */
function watchPromises(): PromiseWatch {
  const holder = promiseHooks as { [WATCH]?: PromiseWatch };
  const known = holder[WATCH];
  if (known) return known;
  const made: PromiseWatch = { note: null };
  promiseHooks.onSettled((promise) => made.note?.(promise));
  holder[WATCH] = made;
  return made;
}

/** Made by a service that the code has asked; whoever made it answers for it. */
function isOfHost(promise: object): boolean {
  return Object.getPrototypeOf(promise) === Promise.prototype;
}

function checked(script: BundleScript): BundleScript {
  if (script.format === BUNDLE_FORMAT && script.prelude === PRELUDE_NUMBER) return script;
  throw new BundleError(
    "BUNDLE_NOT_SUPPORTED",
    `The bundle has format ${script.format} and needs prelude ${script.prelude}`,
  );
}

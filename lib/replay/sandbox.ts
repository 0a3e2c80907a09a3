/**
 * One realm for one live run (R1): the only file that knows node:vm.
 *
 * - X1 Each entry is one evaluation; the microtasks it sets off have all run when it returns
 *   (`microtaskMode: "afterEvaluate"`), so "blocked" is exact. It has no time limit: one costs a
 *   thread, and on Node 20 and 22 it aborts a process that uses AsyncLocalStorage (decision 006).
 * - X2 Only strings and numbers cross (R2). Functions of the realm that the host holds are called for
 *   what is not user code.
 * - X3 No promise of the realm is left to the host's own watch for rejections (R6): what settles
 *   during an entry gets a handler inside the realm before the host's turn is over.
 */
import { promiseHooks } from "node:v8";
import { constants, createContext, type Context, Script } from "node:vm";
import { BUNDLE_FORMAT, type BundleScript } from "../contract/bundle";
import { BundleError } from "../contract/error";
import { PRELUDE_NUMBER } from "../contract/prelude";
import { REALM_SCRIPT } from "./realm-script";
import type { SandboxHost } from "./realm/sandbox-host";

/** What the realm's script evaluates to, see realm/main.ts. */
interface Realm {
  install(host: SandboxHost): void;
  load(script: BundleScript): void;
  guard(promise: Promise<unknown>): Promise<unknown>;
}

/** A bundle that is compiled once and evaluated in many realms. */
export interface CompiledBundle {
  /** The file name in its stack frames. */
  name: string;
  script: Script;
}

let realmScript: Script | undefined;
const enter = new Script("everstep$.enter()", { filename: "everstep-enter" });

export function compileBundle(code: string, hash: string): CompiledBundle {
  const name = `everstep-bundle-${hash.slice(0, 12)}.js`;
  return { name, script: new Script(code, { filename: name }) };
}

export class Sandbox {
  private readonly context: Context;
  private readonly realm: Realm;
  /** Promises that guarding made, which need no guard themselves. */
  private readonly guards = new Set<Promise<unknown>>();

  constructor(bundle: CompiledBundle, host: SandboxHost) {
    // Not an object that Node watches: each global that the code names would be asked for there.
    this.context = createContext(constants.DONT_CONTEXTIFY, {
      microtaskMode: "afterEvaluate",
      codeGeneration: { strings: true, wasm: false },
    });
    realmScript ??= new Script(REALM_SCRIPT, { filename: "everstep-prelude" });
    this.realm = realmScript.runInContext(this.context) as Realm;
    this.realm.install(host);
    this.realm.load(checked(bundle.script.runInContext(this.context) as BundleScript));
    watchPromises();
  }

  /** One event; the host says which. */
  enter(): void {
    const before = settled;
    const mine: Promise<unknown>[] = [];
    settled = mine;
    let fulfilled: unknown;
    try {
      fulfilled = enter.runInContext(this.context);
    } finally {
      settled = before;
      for (const promise of mine) {
        if (promise === fulfilled) fulfilled = undefined;
        else if (!this.guards.delete(promise)) this.guards.add(this.realm.guard(promise));
      }
    }
  }
}

/** Where promises go that settle during an entry; null outside. */
let settled: Promise<unknown>[] | null = null;
let isWatching = false;

/**
 * Once for the process, and for good: turning the hook on and off for each entry costs a visit of
 * every realm there is. Outside an entry it only looks at one variable.
 */
function watchPromises(): void {
  if (isWatching) return;
  isWatching = true;
  promiseHooks.onSettled((promise) => {
    settled?.push(promise);
  });
}

function checked(script: BundleScript): BundleScript {
  if (script.format === BUNDLE_FORMAT && script.prelude === PRELUDE_NUMBER) return script;
  throw new BundleError(
    "BUNDLE_NOT_SUPPORTED",
    `The bundle has format ${script.format} and needs prelude ${script.prelude}`,
  );
}

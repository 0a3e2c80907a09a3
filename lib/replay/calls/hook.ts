/**
 * `createHook`: a place where the workflow waits for values from outside. It can be awaited, again
 * and again, and iterated. The hook exists for others when the turn that created it is committed;
 * from then on payloads are kept in the order of the log until somebody takes them.
 */
import type { HookDescription, WebhookDescription } from "../../contract/event";
import { HookConflictError } from "../../contract/error";
import type { CreateHook, Hook, HookOptions } from "../../contract/workflow-api";
import { sited } from "../realm/call-site";
import { ENDED, PayloadQueue } from "../realm/payload-queue";
import { type Claim, type Claims, installRaces } from "../realm/race";
import type { Runtime } from "../realm/runtime";
import { SIGNAL, TOKEN_STATE } from "../realm/sandbox-host";

const RealmPromise = Promise;
const thenOf = Promise.prototype.then;

/** What a webhook adds to a hook. */
export interface HookExtras {
  webhook?: WebhookDescription;
  /** Makes of a payload what the workflow gets. */
  receive?(payload: unknown): unknown;
}

/** Makes hooks, and tells races about them. */
export class HookCalls {
  private readonly queues = new WeakMap<object, PayloadQueue>();
  private readonly claimsOfPromises = new WeakMap<object, Claim>();

  constructor(private readonly runtime: Runtime) {
    const claims: Claims = {
      claim: (value) => this.queueOf(value)?.claim(false) ?? null,
      claimOf: (value) => (isObject(value) ? this.claimsOfPromises.get(value) : undefined),
    };
    installRaces(RealmPromise, claims);
  }

  readonly createHook: CreateHook = sited((site) => {
    const createHook = (options: HookOptions = {}) => this.open(site, options);
    return createHook as CreateHook;
  });

  open<T>(site: string, options: HookOptions, extras?: HookExtras): Hook<T> {
    const { host, codec } = this.runtime;
    const { token: custom, name } = options;
    if (custom !== undefined && (typeof custom !== "string" || custom === "")) {
      throw new TypeError("The `token` of a hook must be a string that is not empty");
    }
    const description = this.describe(site, options, extras);
    const call = this.runtime.nextCall(`hook//${name === undefined ? site : `=${name}`}`);
    const decode = (payload: string) => {
      const value = codec.decode(payload);
      return extras?.receive ? extras.receive(value) : value;
    };
    const queue = new PayloadQueue(decode);
    const digest = custom === undefined ? "generated token" : `token ${custom}`;
    const token = host.hook(call, digest, custom, JSON.stringify(description));
    const hook = this.handle<T>(call, token, queue);
    this.queues.set(hook, queue);
    return hook;
  }

  private describe(site: string, options: HookOptions, extras?: HookExtras): HookDescription {
    const { name = site, label, metadata } = options;
    const description: HookDescription = { name };
    if (label !== undefined) description.label = label;
    if (metadata !== undefined) {
      description.metadata = this.runtime.codec.encode(metadata, "hook metadata");
    }
    if (extras?.webhook) description.webhook = extras.webhook;
    return description;
  }

  private handle<T>(call: string, token: string, queue: PayloadQueue): Hook<T> {
    const { runtime } = this;
    const ownership = new Ownership(runtime, call, token, queue);
    let isDisposed = false;
    const dispose = () => {
      if (isDisposed || ownership.isLost) return;
      isDisposed = true;
      queue.end();
      runtime.forget(call);
      runtime.host.disposeHook(call);
    };
    return {
      token,
      then: (onValue, onError) => this.await(queue, onValue, onError),
      getConflict: () => ownership.ask(),
      dispose,
      [Symbol.dispose]: dispose,
      [Symbol.asyncIterator]: () => this.iterate<T>(queue),
    };
  }

  /** The promise it gives is known as a claim on the hook, so that races can tell. */
  private await<T, A, B>(
    queue: PayloadQueue,
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const { promise, claim } = queue.claim(false);
    const result = thenOf.call(promise, onValue as never, onError) as Promise<A | B>;
    this.claimsOfPromises.set(result, claim);
    return result;
  }

  private iterate<T>(queue: PayloadQueue): AsyncIterableIterator<T> {
    const open = new Set<Claim>();
    let isDone = false;
    const finish = (value?: unknown) => {
      isDone = true;
      for (const claim of open) claim.withdraw();
      open.clear();
      return RealmPromise.resolve({ value, done: true } as IteratorResult<T>);
    };
    return {
      next: () => {
        if (isDone) return finish();
        const { promise, claim } = queue.claim(true);
        open.add(claim);
        const result = thenOf.call(promise, (value) => {
          open.delete(claim);
          if (value === ENDED) isDone = true;
          return value === ENDED ? { value: undefined, done: true } : { value, done: false };
        }) as Promise<IteratorResult<T>>;
        this.claimsOfPromises.set(result, claim);
        return result;
      },
      return: finish,
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  private queueOf(value: unknown): PayloadQueue | undefined {
    return isObject(value) ? this.queues.get(value) : undefined;
  }
}

/** Whose the token is; and the way by which payloads come in. */
class Ownership {
  isLost = false;
  private conflict: { runId: string } | null | undefined;
  private lostError: HookConflictError | undefined;
  private askers: { resolve(value: unknown): void; reject(error: unknown): void }[] = [];

  constructor(
    private readonly runtime: Runtime,
    private readonly call: string,
    token: string,
    queue: PayloadQueue,
  ) {
    runtime.onSignal(call, (signal, text) => {
      if (signal === SIGNAL.received) queue.push(text);
      else if (signal === SIGNAL.owned) this.settle(null);
      else this.lose(token, text, queue);
    });
  }

  ask(): Promise<{ runId: string } | null> {
    if (this.conflict !== undefined) return RealmPromise.resolve(this.conflict);
    if (this.lostError) return RealmPromise.reject(this.lostError);
    if (this.runtime.host.watchHook(this.call) === TOKEN_STATE.owned) {
      return RealmPromise.resolve(null);
    }
    return new RealmPromise((resolve, reject) => {
      this.askers.push({ resolve: resolve as (value: unknown) => void, reject });
    });
  }

  private lose(token: string, owner: string, queue: PayloadQueue): void {
    this.isLost = true;
    this.lostError = new HookConflictError(token, owner === "" ? undefined : owner);
    queue.fail(this.lostError);
    if (owner !== "") this.settle({ runId: owner });
    else for (const { reject } of this.askers.splice(0)) reject(this.lostError);
  }

  private settle(conflict: { runId: string } | null): void {
    this.conflict = conflict;
    for (const { resolve } of this.askers.splice(0)) resolve(conflict);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

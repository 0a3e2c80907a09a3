/**
 * `createHook`: a place where the workflow waits for values from outside. It can be awaited, again
 * and again, and iterated. The hook exists for others when the turn that created it is committed;
 * from then on payloads are kept in the order of the log until somebody takes them.
 */
import type { WebhookDescription } from "../../contract/event";
import type { CreateHook, Hook, HookOptions } from "../../contract/workflow-api";
import { define } from "../globals/define";
import { sited } from "../realm/call-site";
import { type Conflict, Ownership } from "../realm/ownership";
import { ENDED, PayloadQueue } from "../realm/payload-queue";
import { adoptClaims, type Claim, installRaces } from "../realm/race";
import type { Runtime } from "../realm/runtime";
import { SIGNAL } from "../realm/sandbox-host";
import { type HookSchema, HookSchemas } from "./hook-schema";
import { optionText, optionsOf } from "./options";

const RealmPromise = Promise;
const thenOf = Promise.prototype.then;
const { apply } = Reflect;

/** What webhooks and typed hooks add to a hook. */
export interface HookExtras {
  webhook?: WebhookDescription;
  /** For people, where the hook is given no name of its own. */
  name?: string | undefined;
  label?: string | undefined;
  schema?: unknown;
  /** Makes of a payload what the workflow gets. */
  receive?(payload: unknown): unknown;
}

/** Makes hooks, and tells races about them. */
export class HookCalls {
  private readonly queues = new WeakMap<object, PayloadQueue>();
  private readonly claimsOfPromises = new WeakMap<object, Claim>();
  private readonly schemas = new HookSchemas();

  constructor(private readonly runtime: Runtime) {
    adoptClaims({
      claim: (value) => this.queueOf(value)?.claim(false) ?? null,
      claimOf: (value) => (isObject(value) ? this.claimsOfPromises.get(value) : undefined),
    });
  }

  readonly createHook: CreateHook = sited((site) => {
    const createHook = (options?: HookOptions) => this.open(site, options);
    return createHook as CreateHook;
  });

  open<T>(site: string, given: HookOptions | undefined, extras: HookExtras = {}): Hook<T> {
    const { host, codec } = this.runtime;
    const options = optionsOf(given, "createHook");
    const custom = optionText(options.token, "The `token` of a hook");
    const name = optionText(options.name, "The `name` of a hook");
    const label = optionText(options.label, "The `label` of a hook") ?? extras.label;
    const { metadata, once, schema: ownSchema } = options;
    const schema = this.schemaOf(ownSchema ?? extras.schema);
    const stored = metadata === undefined ? undefined : codec.encode(metadata, "hook metadata");
    const { respondWith, response } = extras.webhook ?? {};
    const call = this.runtime.nextCall(`hook//${name === undefined ? site : `=${name}`}`);
    const digest = custom === undefined ? "generated token" : `token ${custom}`;
    const shownName = name ?? extras.name ?? site;
    const takes = [schema?.stored, once === true ? 1 : 0] as const;
    const facts = [shownName, label, stored, respondWith, response, ...takes] as const;
    const token = host.hook(call, digest, custom, ...facts);
    const queue = new PayloadQueue(({ text, isChecked }) => {
      const value = this.runtime.decode(text);
      if (extras.receive) return extras.receive(value);
      return schema && !isChecked ? schema.receive(value, shownName) : value;
    }, once === true);
    const hook = new HookHandle<T>(token, queue, this.connect(call, token, queue), this);
    this.queues.set(hook, queue);
    return hook;
  }

  private schemaOf(schema: unknown): HookSchema | undefined {
    return schema === undefined ? undefined : this.schemas.read(schema);
  }

  /** From the log to the queue; and back, once the workflow has no more use for the hook. */
  private connect(call: string, token: string, queue: PayloadQueue): Connection {
    const { runtime } = this;
    const ownership = new Ownership(runtime, call, token);
    let isOver = false;
    runtime.onSignal(call, (signal, text) => {
      if (signal === SIGNAL.received) queue.push({ text, isChecked: false });
      else if (signal === SIGNAL.receivedChecked) queue.push({ text, isChecked: true });
      else if (signal === SIGNAL.owned) ownership.own();
      else {
        isOver = true;
        queue.fail(ownership.lose(text));
      }
    });
    return {
      ask: () => ownership.ask(),
      dispose() {
        if (isOver) return;
        isOver = true;
        queue.end();
        runtime.host.disposeHook(call);
      },
    };
  }

  /** A promise that is known as a claim on the hook, so that races can tell. */
  take<A, B>(
    queue: PayloadQueue,
    isIterating: boolean,
    onValue: ((value: unknown) => A) | null | undefined,
    onError?: ((reason: unknown) => B) | null,
  ): { result: Promise<A | B>; claim: Claim } {
    const { promise, claim } = queue.claim(isIterating);
    const result = apply(thenOf, promise, [onValue, onError]) as Promise<A | B>;
    this.claimsOfPromises.set(result, claim);
    return { result, claim };
  }

  private queueOf(value: unknown): PayloadQueue | undefined {
    return isObject(value) ? this.queues.get(value) : undefined;
  }
}

interface Connection {
  ask(): Promise<Conflict>;
  dispose(): void;
}

/** Once for a realm, behind its globals: some lines of Node have the symbol only then. */
export function installHooks(): void {
  installRaces(RealmPromise);
  define(HookHandle.prototype, Symbol.dispose, HookHandle.prototype.dispose);
}

/** What the workflow holds. */
class HookHandle<T> implements Hook<T> {
  readonly #queue: PayloadQueue;
  readonly #connection: Connection;
  readonly #calls: HookCalls;
  declare [Symbol.dispose]: () => void;

  constructor(
    readonly token: string,
    queue: PayloadQueue,
    connection: Connection,
    calls: HookCalls,
  ) {
    this.#queue = queue;
    this.#connection = connection;
    this.#calls = calls;
  }

  then<A = T, B = never>(
    onValue?: ((value: T) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const take = onValue as ((value: unknown) => A) | null | undefined;
    return this.#calls.take(this.#queue, false, take, onError as never).result as Promise<A | B>;
  }

  getConflict(): Promise<Conflict> {
    return this.#connection.ask();
  }

  dispose(): void {
    this.#connection.dispose();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return new HookIterator(this.#queue, this.#calls);
  }
}

class HookIterator<T> implements AsyncIterableIterator<T> {
  readonly #queue: PayloadQueue;
  readonly #calls: HookCalls;
  readonly #open = new Set<Claim>();
  #isDone = false;

  constructor(queue: PayloadQueue, calls: HookCalls) {
    this.#queue = queue;
    this.#calls = calls;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#isDone) return this.return();
    const { result, claim } = this.#calls.take(this.#queue, true, (value) => {
      this.#open.delete(claim);
      if (value === ENDED) this.#isDone = true;
      return value === ENDED ? DONE : { value, done: false };
    });
    this.#open.add(claim);
    return result as Promise<IteratorResult<T>>;
  }

  return(value?: unknown): Promise<IteratorResult<T>> {
    this.#isDone = true;
    for (const claim of this.#open) claim.withdraw();
    this.#open.clear();
    return RealmPromise.resolve({ value, done: true } as IteratorResult<T>);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** What workflow code can reach of hooks besides themselves. */
export const HOOK_CLASSES: readonly unknown[] = [HookHandle, HookIterator];

const DONE = { value: undefined, done: true };

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

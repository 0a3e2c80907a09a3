/**
 * Tells whoever listens that something may have happened, by one connection that opens with the first
 * listener. What Redis publishes while nobody is there is lost, so each time that a subscription
 * begins, the first time and after an outage, its listeners are told.
 */
import type { Redis } from "ioredis";
import type { Connection } from "./connection";

/** What the news are about; null when that is not known. */
type Listener = (about: string | null) => void;

/** Nobody waits there for anything that a world which is closed could not say. */
const FOR_ENGINES = /:(?:work|parked)$/;

const OPEN_AGAIN_MS = 250;
/**
 * So often a connection on which nothing comes is asked whether it is one. It ends when no answer comes
 * (`socketTimeout` in connect.ts), which is otherwise not to be told from no news.
 */
const ASK_EVERY_MS = 15_000;

export class News {
  private readonly listeners = new Map<string, Set<Listener>>();
  private listening: Redis | null = null;
  private timer: NodeJS.Timeout | null = null;
  private isStopped = false;

  constructor(
    private readonly connection: Connection,
    private readonly askEveryMs = ASK_EVERY_MS,
  ) {}

  listen(channel: string, listener: Listener): () => void {
    const own: Listener = (about) => listener(about);
    const known = this.listeners.get(channel);
    if (known) {
      known.add(own);
      return () => this.forget(channel, own);
    }
    this.listeners.set(channel, new Set([own]));
    if (this.listening) this.subscribe(this.listening, [channel]);
    else if (!this.timer) this.open();
    return () => this.forget(channel, own);
  }

  /** As good as it can. */
  tellAll(channel: string, about: string): void {
    this.connection.ask((client) => client.publish(channel, about)).catch(() => undefined);
  }

  /** The world is closed: who waits for something hears of it, and finds that out. */
  stop(): void {
    const waiting = [...this.listeners].filter(([channel]) => !FOR_ENGINES.test(channel));
    this.isStopped = true;
    this.listeners.clear();
    if (this.timer) clearTimeout(this.timer);
    this.listening?.disconnect();
    for (const [, listeners] of waiting) for (const listener of listeners) listener(null);
  }

  private open(): void {
    this.timer = null;
    if (this.isStopped || this.listeners.size === 0) return;
    const client = this.connection.openListener();
    if (!client) return this.openLater();
    this.listening = client;
    client.on("message", (channel, about) => this.tell(channel, about || null));
    // The end follows, and says all there is to know.
    client.on("error", () => undefined);
    const ask = () => void client.ping().catch(() => undefined);
    const asking = setInterval(ask, this.askEveryMs);
    asking.unref();
    client.once("end", () => {
      clearInterval(asking);
      this.listening = null;
      this.openLater();
    });
    this.subscribe(client, [...this.listeners.keys()]);
  }

  private openLater(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => this.open(), OPEN_AGAIN_MS);
    this.timer.unref();
  }

  private subscribe(client: Redis, channels: readonly string[]): void {
    client.subscribe(...channels).then(
      () => channels.forEach((channel) => this.tell(channel, null)),
      () => client.disconnect(),
    );
  }

  private forget(channel: string, listener: Listener): void {
    const listeners = this.listeners.get(channel);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.listeners.delete(channel);
    this.listening?.unsubscribe(channel).catch(() => undefined);
  }

  private tell(channel: string, about: string | null): void {
    for (const listener of [...(this.listeners.get(channel) ?? [])]) listener(about);
  }
}

/**
 * A network in front of a server, which can be bad: it resets connections, refuses them, passes
 * nothing while it keeps them open, or takes its time.
 *
 * What is on its way keeps its order. While nothing passes, neither does the end of a connection.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

type Mode = "open" | "hole" | "refuse";

export class TcpProxy {
  private mode: Mode = "open";
  private delayMs = 0;
  private readonly pairs = new Set<Pair>();

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async open(port: number): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server, port);
    server.on("connection", (socket) => proxy.accept(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return `redis://127.0.0.1:${port}`;
  }

  /** All connections break now; new ones are as before. */
  reset(): void {
    for (const pair of this.pairs) pair.reset();
  }

  /** Nothing passes any more, and nobody is told. */
  hole(): void {
    this.mode = "hole";
  }

  /** All connections break, and no new one comes about. */
  refuse(): void {
    this.mode = "refuse";
    this.reset();
  }

  /** Each piece takes so long from now on. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** All is well again: what was held back goes on. */
  pass(): void {
    this.mode = "open";
    this.delayMs = 0;
    for (const pair of this.pairs) pair.pump();
  }

  async close(): Promise<void> {
    this.reset();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(client: Socket): void {
    if (this.mode === "refuse") return void client.resetAndDestroy();
    const server = connect({ port: this.port, host: "127.0.0.1", allowHalfOpen: true });
    const network = { isHole: () => this.mode === "hole", delayMs: () => this.delayMs };
    const pair = new Pair(client, server, network);
    this.pairs.add(pair);
    for (const socket of [client, server]) {
      socket.on("close", () => pair.isOver && this.pairs.delete(pair));
    }
  }
}

interface Network {
  isHole(): boolean;
  delayMs(): number;
}

/** One connection: two sockets, and a way in each direction. */
class Pair {
  private readonly ways: Way[];

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    network: Network,
  ) {
    this.ways = [new Way(client, server, network), new Way(server, client, network)];
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.reset());
    }
  }

  get isOver(): boolean {
    return this.client.destroyed && this.server.destroyed;
  }

  reset(): void {
    for (const way of this.ways) way.stop();
    for (const socket of [this.client, this.server]) {
      // Half a connection cannot be reset, and what is left of a try to do so is never closed.
      if (socket.readyState === "open") socket.resetAndDestroy();
      else socket.destroy();
    }
  }

  pump(): void {
    for (const way of this.ways) way.pump();
  }
}

/** A piece, or the end behind the last one. */
interface Piece {
  data: Buffer | null;
  at: number;
}

class Way {
  private readonly queue: Piece[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(
    from: Socket,
    private readonly to: Socket,
    private readonly network: Network,
  ) {
    from.on("data", (data) => this.take(data));
    from.on("end", () => this.take(null));
  }

  pump(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const now = performance.now();
    while (this.queue.length > 0 && !this.network.isHole()) {
      const [{ data, at }] = this.queue as [Piece];
      if (at > now && this.network.delayMs() > 0) {
        this.timer = setTimeout(() => this.pump(), at - now);
        return;
      }
      this.queue.shift();
      if (this.to.destroyed) continue;
      if (data) this.to.write(data);
      else this.to.end();
    }
  }

  stop(): void {
    this.queue.length = 0;
    if (this.timer) clearTimeout(this.timer);
  }

  private take(data: Buffer | null): void {
    this.queue.push({ data, at: performance.now() + this.network.delayMs() });
    this.pump();
  }
}

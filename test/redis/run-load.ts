/**
 * Load on a world through its contract, by clients that ask again until they are answered, and a record
 * of all that was acknowledged to them. Each client takes its runs from creation to end.
 */
import { append, freshId, newRun } from "../../lib/conformance/check";
import type { Claim, World } from "../../lib/contract/world";

/** What somebody was told of a run. */
interface Facts {
  /** Events of its log. */
  events: number;
  messages: string[];
  isOver: boolean;
}

const APPENDS = 4;
const ASK_AGAIN_MS = 20;
/** Longer than any fault of these tests. */
const PATIENCE_MS = 40_000;

export class RunLoad {
  readonly facts = new Map<string, Facts>();
  /** What went wrong on the way, by code. */
  readonly errors = new Map<string, number>();
  private isStopping = false;
  private session = "";
  private readonly clients: Promise<void>[];
  private readonly renewing: NodeJS.Timeout;

  constructor(
    private readonly world: World,
    clients: number,
    private readonly newId: (client: number) => string,
  ) {
    this.renewing = setInterval(() => void this.renew(), 1_000);
    this.clients = Array.from({ length: clients }, (_, client) => this.work(client));
  }

  get finished(): number {
    return [...this.facts.values()].filter(({ isOver }) => isOver).length;
  }

  /** All runs that were begun are brought to their end. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.clients);
    clearInterval(this.renewing);
  }

  /** Throws where something is not there that was acknowledged. */
  async check(): Promise<void> {
    for (const [runId, { events, isOver }] of this.facts) {
      const record = await this.world.runs.get(runId);
      if (!record) throw new Error(`Run ${runId} is gone`);
      const log = await this.world.runs.read(runId, 1, 1_000);
      const positions = log.map(({ position }) => position);
      const dense = positions.every((position, at) => position === at + 1);
      if (!dense) throw new Error(`The log of ${runId} has the positions ${positions.join()}`);
      if (log.length < events) throw new Error(`The log of ${runId} has lost something`);
      if (log.length !== record.position) throw new Error(`${runId} has another position`);
      if (isOver && record.status !== "completed") throw new Error(`${runId} is ${record.status}`);
    }
  }

  private async work(client: number): Promise<void> {
    await this.answered(() => this.world.bundles.put("conformance", "code"));
    while (!this.isStopping) await this.takeThrough(this.newId(client));
  }

  private async takeThrough(runId: string): Promise<void> {
    const { world } = this;
    await this.answered(() => world.runs.create(newRun(runId)));
    const facts: Facts = { events: 1, messages: [], isOver: false };
    this.facts.set(runId, facts);
    let claim = await this.claim(runId);
    while (!facts.isOver) {
      const id = freshId("m");
      await this.answered(() => world.inbox.send(runId, { id, body: id }));
      facts.messages.push(id);
      const isLast = facts.events >= APPENDS;
      const given = append(
        { session: this.session, runId, claim },
        { position: facts.events + 1, ...(isLast && (await this.ending())) },
      );
      if (isLast) await this.checkInbox(runId, facts);
      const { status } = await this.answered(() => world.runs.append(given));
      if (status === "done") {
        facts.events++;
        facts.isOver = isLast;
      } else claim = await this.claim(runId);
    }
  }

  private async ending() {
    const endedAt = await this.answered(() => this.world.now());
    const events = [{ type: "run_completed", at: endedAt, output: "1j1" } as const];
    return { events, change: { status: "completed", endedAt } as const };
  }

  private async checkInbox(runId: string, { messages }: Facts): Promise<void> {
    const found = await this.answered(() => this.world.inbox.read(runId, 100));
    const bodies = found.map(({ body }) => body);
    if (bodies.join() !== messages.join()) throw new Error(`The inbox of ${runId} is another`);
  }

  /** In a new session if the last one is over. */
  private async claim(runId: string): Promise<Claim> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    while (performance.now() < giveUpAt) {
      if (this.session === "") {
        this.session = (await this.answered(() => this.world.dispatch.openSession()))!;
      }
      const { session } = this;
      const claimId = freshId("claim_");
      const claims = await this.answered(() =>
        this.world.dispatch.claim(session, claimId, 1, [runId]),
      );
      if (claims[0]) return claims[0];
      await pause();
    }
    throw new Error(`Run ${runId} is nobody's and is not handed out`);
  }

  private async renew(): Promise<void> {
    const { session } = this;
    if (session === "") return;
    const renewal = await this.world.dispatch.renew(session).catch(() => undefined);
    if (renewal === null && this.session === session) this.session = "";
  }

  private async answered<T>(call: () => Promise<T>): Promise<T> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        const { code = "none" } = error as { code?: string };
        this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
        if (performance.now() > giveUpAt || code === "STORAGE_FAILED") throw error;
      }
      await pause();
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
}

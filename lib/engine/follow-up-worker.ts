/**
 * Does what has to happen after runs are over: tells those who wait for them, and cancels what a
 * cancelled run has started. Each is done at least once, and done twice it changes nothing.
 */
import {
  type FollowUpBody,
  readFollowUp,
  type TellParent,
  writeFollowUp,
} from "../contract/follow-up";
import { writeMessage } from "../contract/message";
import { TERMINAL } from "../contract/run";
import { FOLLOW_UP_TAKEN_MS, type FollowUp } from "../contract/follow-ups";
import type { World } from "../contract/world";
import { endOf } from "./children";
import { givePermitBack } from "./run-permits";
import { type Patience, untilAnswered } from "./until-answered";

const BATCH = 50;
const ASK_AGAIN_MS = 250;
const PAGE = 100;
const CANCEL_CHILDREN = writeFollowUp({ type: "cancel_children" });

export class FollowUpWorker {
  private isWorking = false;
  private looksAgain = false;

  constructor(
    readonly world: World,
    readonly patience: Patience,
    /** Whether this process executes. */
    private readonly isAwake: () => boolean,
  ) {}

  get isAtRest(): boolean {
    return !this.isWorking;
  }

  /** Level-triggered, as looking for runs is (E4). */
  look(): void {
    this.looksAgain = true;
    if (!this.isWorking) void this.work();
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    try {
      while (this.looksAgain && this.isAwake()) {
        this.looksAgain = false;
        const taken = await this.world.followUps.take(BATCH);
        if (taken.length > 0) this.looksAgain = true;
        for (const followUp of taken) await this.finish(followUp);
      }
    } catch (error) {
      if (this.isAwake())
        this.patience.log("error", `The world does not say what follows: ${String(error)}`);
      this.lookIn(ASK_AGAIN_MS);
      // The answer may be what was lost, and then some are taken until they are let go of.
      this.lookIn(FOLLOW_UP_TAKEN_MS + ASK_AGAIN_MS);
    } finally {
      this.isWorking = false;
    }
  }

  private lookIn(ms: number): void {
    setTimeout(() => this.look(), ms).unref();
  }

  /** One that cannot be done keeps nobody else waiting. It is there again in seconds. */
  private async finish({ id, runId, body }: FollowUp): Promise<void> {
    try {
      await this.do(runId, readFollowUp(body));
      // crash here: it is done again.
      await this.ask(() => this.world.followUps.done(id));
    } catch (error) {
      if (!this.isAwake()) return;
      this.patience.log(
        "error",
        `What follows the end of run "${runId}" is not done: ${String(error)}`,
      );
      this.lookIn(FOLLOW_UP_TAKEN_MS + ASK_AGAIN_MS);
    }
  }

  private ask<T>(call: () => Promise<T>): Promise<T> {
    return untilAnswered(call, "do what follows the end of a run", this.patience);
  }

  private async do(runId: string, body: FollowUpBody): Promise<void> {
    if (body.type === "tell_parent") return this.tell(runId, body);
    if (body.type === "cancel_children") return this.cancelChildren(runId);
    if (body.type === "give_permit") return givePermitBack(runId, body.name, this);
    throw unknownFollowUp(body);
  }

  private async tell(child: string, waiting: TellParent): Promise<void> {
    const { runId, call } = waiting;
    const end = await this.ask(() => endOf(this.world, child));
    if (!end) {
      // It was retried, and will end again.
      const body = writeFollowUp(waiting);
      const { status } = await this.ask(() =>
        this.world.followUps.atEnd(child, `${runId} ${call}`, body),
      );
      return status === "kept" ? undefined : this.tell(child, waiting);
    }
    const body = writeMessage({ type: "child_over", call, outcome: end.outcome });
    // Once for each end: both runs may be retried, and then the same call waits for another end.
    const id = `child ${call} ${end.position}`;
    const sent = await this.ask(() => this.world.inbox.send(runId, { id, body }));
    if (sent.status === "full") throw new Error(`The inbox of run "${runId}" is full`);
  }

  private async cancelChildren(parent: string): Promise<void> {
    let cursor: string | null = null;
    do {
      const query = { parent, limit: PAGE, isOldestFirst: true };
      const from = cursor === null ? {} : { cursor };
      const page = await this.ask(() => this.world.runs.list({ ...query, ...from }));
      for (const { runId, status } of page.data) {
        if (TERMINAL.has(status)) continue;
        await this.ask(() => this.world.runs.cancel(runId, [CANCEL_CHILDREN]));
      }
      ({ cursor } = page as { cursor: string | null });
    } while (cursor !== null);
  }
}

/** A newer version has left it, and does it. */
function unknownFollowUp(body: never): Error {
  return new Error(`this version does not know ${JSON.stringify(body)}`);
}

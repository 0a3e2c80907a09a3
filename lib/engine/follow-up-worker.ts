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
import type { FollowUp, World } from "../contract/world";
import { outcomeOf } from "./children";
import type { Logger } from "./logger";

const BATCH = 50;
const PAGE = 100;
const CANCEL_CHILDREN = writeFollowUp({ type: "cancel_children" });

export class FollowUpWorker {
  private isWorking = false;
  private looksAgain = false;

  constructor(
    private readonly world: World,
    private readonly log: Logger,
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
      // What was taken is there again in a minute, for whoever looks then.
      if (this.isAwake()) this.log("error", `A follow-up could not be done: ${String(error)}`);
    } finally {
      this.isWorking = false;
    }
  }

  private async finish({ id, runId, body }: FollowUp): Promise<void> {
    await this.do(runId, readFollowUp(body));
    // crash here: it is done again.
    await this.world.followUps.done(id);
  }

  private async do(runId: string, body: FollowUpBody): Promise<void> {
    if (body.type === "tell_parent") await this.tell(runId, body);
    else await this.cancelChildren(runId);
  }

  private async tell(child: string, waiting: TellParent): Promise<void> {
    const { runId, call } = waiting;
    const outcome = await outcomeOf(this.world, child);
    if (!outcome) {
      // It was retried, and will end again.
      const body = writeFollowUp(waiting);
      const { status } = await this.world.followUps.atEnd(child, `${runId} ${call}`, body);
      return status === "kept" ? undefined : this.tell(child, waiting);
    }
    const message = writeMessage({ type: "child_over", call, outcome });
    const sent = await this.world.inbox.send(runId, { id: `child ${call}`, body: message });
    if (sent.status === "full") throw new Error(`The inbox of run "${runId}" is full`);
  }

  private async cancelChildren(parent: string): Promise<void> {
    let cursor: string | null = null;
    do {
      const query = { parent, limit: PAGE, isOldestFirst: true };
      const page = await this.world.runs.list(cursor === null ? query : { ...query, cursor });
      for (const { runId, status } of page.data) {
        if (!TERMINAL.has(status)) await this.world.runs.cancel(runId, [CANCEL_CHILDREN]);
      }
      ({ cursor } = page as { cursor: string | null });
    } while (cursor !== null);
  }
}

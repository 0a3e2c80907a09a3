/**
 * Rings that come as signed messages over HTTP: to whichever process of the app a load balancer picks,
 * which then goes on with the run. For apps whose processes come and go with their requests.
 *
 * - H1 The answer to a message says that it was heard, or that it was not, and no more: a step that takes
 *   longer than any answer may goes on, and is not begun again for that (P3).
 * - H2 A message that was not heard is sent again some times; behind all of that stands the due index.
 */
import { sendMessage } from "../lib/auth/send-message";
import type { WorldAuth } from "../lib/contract/world";
import type { Ring, RingHearer } from "./doorbell";

/** Longer than the routes let a sender wait. */
const ANSWERED_WITHIN_MS = 30_000;

export class HttpDelivery implements RingHearer {
  constructor(
    readonly auth: WorldAuth,
    private readonly appUrl: string,
    /** For what is no message: it is heard here, if this process executes. */
    private readonly here: RingHearer,
  ) {}

  /** Rejects if the message was not heard. */
  async heard(ring: Omit<Ring, "delayMs">): Promise<void> {
    const { name, runId, call } = ring;
    if (name === "follow" || name === "look") return this.here.heard(ring);
    const kind = name === "steps" ? "step" : "flow";
    const message = call === undefined ? { runId } : { runId, call };
    const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS);
    const { status } = await sendMessage(this, this.appUrl, kind, message, signal);
    // A run or a call that is not there any more needs nobody.
    if (status >= 400 && status !== 404) {
      throw new Error(`${this.appUrl} answered a ${kind} message with ${status}`);
    }
  }
}

/**
 * Steps whose bodies wait for something that only virtual time can bring: another run, or a moment.
 * They run, and time goes on all the same.
 */
import type { CallKey } from "../contract/call";
import { type AttemptFacts, type StepScope, stepScope } from "../engine/step-scope";

interface Waiting {
  scope: StepScope;
  /** How many things it waits for. */
  count: number;
}

export class WaitingSteps {
  private readonly waiting = new Map<string, Waiting>();

  readonly isWaiting = (runId: string, call: CallKey): boolean =>
    this.waiting.has(keyOf({ runId, call }));

  /** The step that this is called in waits, until the answer is called; null outside of steps. */
  begin(): (() => void) | null {
    const scope = stepScope.getStore();
    if (!scope) return null;
    const key = keyOf(scope.facts);
    const known = this.waiting.get(key);
    const own = known?.scope === scope ? known : { scope, count: 0 };
    own.count++;
    this.waiting.set(key, own);
    return () => {
      if (--own.count === 0 && this.waiting.get(key) === own) this.waiting.delete(key);
    };
  }

  /** What an attempt before it still waits for does not count for this one. */
  noteAttempt(facts: AttemptFacts): void {
    this.waiting.delete(keyOf(facts));
  }
}

function keyOf({ runId, call }: Pick<AttemptFacts, "runId" | "call">): string {
  return `${runId} ${call}`;
}

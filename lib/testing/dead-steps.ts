/**
 * Bodies of steps that were running when their process died. In a test they run on, since nothing can
 * stop them, but nobody hears of it: their calls to the world get no answer until it is closed.
 */
import { WorldError } from "../contract/error";
import { type AttemptFacts, stepScope } from "../engine/step-scope";

export class DeadSteps {
  private living = new Set<string>();
  private readonly dead = new Set<string>();
  private readonly unheard: ((error: Error) => void)[] = [];
  private isClosed = false;

  noteAttempt(facts: AttemptFacts): void {
    this.living.add(keyOf(facts));
  }

  noteDeath(): void {
    for (const key of this.living) this.dead.add(key);
    this.living = new Set();
  }

  /** What a call brings about is not of the step that has made it, and does not die with that. */
  hold<T>(make: () => Promise<T>): Promise<T> {
    const scope = stepScope.getStore();
    if (!scope) return make();
    if (this.isClosed || !this.dead.has(keyOf(scope.facts))) return stepScope.exit(make);
    return new Promise((_resolve, reject) => this.unheard.push(reject));
  }

  /** What they wait for must not keep the process. */
  close(): void {
    this.isClosed = true;
    for (const reject of this.unheard.splice(0)) {
      reject(new WorldError("WORLD_CLOSED", "The test world was closed"));
    }
  }
}

function keyOf({ runId, call, attempt }: AttemptFacts): string {
  return `${runId} ${call} ${attempt}`;
}

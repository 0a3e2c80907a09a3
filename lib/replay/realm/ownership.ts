/** Whose the token of a hook is; the workflow may ask before the log says it. */
import { HookConflictError } from "../../contract/error";
import type { Runtime } from "./runtime";
import { TOKEN_STATE } from "./sandbox-host";

const RealmPromise = Promise;

export type Conflict = { runId: string } | null;

interface Asker {
  resolve(conflict: Conflict): void;
  reject(error: unknown): void;
}

export class Ownership {
  /** What the log says. A conflict whose other run is not known is an error for whoever asks. */
  private answer: { conflict: Conflict } | { error: HookConflictError } | undefined;
  private askers: Asker[] = [];

  constructor(
    private readonly runtime: Runtime,
    private readonly call: string,
    private readonly token: string,
  ) {}

  ask(): Promise<Conflict> {
    const isOwned = () => this.runtime.host.watchHook(this.call) === TOKEN_STATE.owned;
    if (!this.answer && isOwned()) this.answer = { conflict: null };
    return new RealmPromise((resolve, reject) => {
      this.askers.push({ resolve, reject });
      this.tell();
    });
  }

  own(): void {
    this.answer = { conflict: null };
    this.tell();
  }

  /** The error is for those who wait for payloads. */
  lose(owner: string): HookConflictError {
    const error = new HookConflictError(this.token, owner === "" ? undefined : owner);
    this.answer = owner === "" ? { error } : { conflict: { runId: owner } };
    this.tell();
    return error;
  }

  private tell(): void {
    const { answer } = this;
    if (!answer) return;
    for (const { resolve, reject } of this.askers.splice(0)) {
      if ("error" in answer) reject(answer.error);
      else resolve(answer.conflict);
    }
  }
}

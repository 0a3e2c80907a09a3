/**
 * What workflow code reads at once, so that a replay has to know it ahead of the event that recorded
 * it: variables of the environment, and the tokens of its hooks.
 */
import type { CallKey } from "../contract/call";
import type { RunEvent } from "../contract/event";

export class LogFacts {
  private readonly environment = new Map<string, string | null>();
  private readonly tokens = new Map<CallKey, string>();

  learn(event: RunEvent): void {
    if (event.type === "environment_read") this.environment.set(event.name, event.value);
    else if (event.type === "hook_created") this.tokens.set(event.call, event.token);
  }

  /** Undefined where nothing was recorded. */
  variable(name: string): string | null | undefined {
    return this.environment.get(name);
  }

  setVariable(name: string, value: string | null): void {
    this.environment.set(name, value);
  }

  token(call: CallKey): string | undefined {
    return this.tokens.get(call);
  }
}

/** What replay needs of the world around it, given by who runs it: it has no clock of its own. */
import type { CallKey } from "../contract/call";
import type { GlobalsHost } from "./realm/globals-host";

export interface ReplayServices extends Pick<
  GlobalsHost,
  "environment" | "parseUrl" | "changeUrl" | "digest" | "print"
> {
  /** A token that cannot be guessed, for a hook that was given none (W4). */
  newToken(runId: string, call: CallKey): string;
  /** Milliseconds of computing so far: time in which the process did not run does not count (R1). */
  computedMs(): number;
}

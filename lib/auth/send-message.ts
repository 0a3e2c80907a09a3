/** Signs a message for a process of the same app, and sends it there. */
import type { WorldAuth } from "../contract/world";
import { secretMissing } from "./signed-messages";

/** Under which all our routes are, behind whatever prefix an app puts them. */
export const ROUTES = "/.well-known/workflow/v1/";

/** `flow`: go on with a run. `step`: run a step that was offered. */
export type MessageKind = "flow" | "step";

export interface FlowMessage {
  runId: string;
}

export interface StepMessage extends FlowMessage {
  /** The call of the step, as `run.events()` names it. */
  call: string;
}

/** What signatures are about: the path from our part on. */
export function signedPath(kind: MessageKind): string {
  return ROUTES + kind;
}

/** `baseUrl` is where the app can be reached, with the prefix under which our routes are. */
export async function sendMessage(
  { auth }: { auth?: WorldAuth },
  baseUrl: string,
  kind: MessageKind,
  message: FlowMessage | StepMessage,
  signal?: AbortSignal,
): Promise<Response> {
  const path = signedPath(kind);
  const body = new TextEncoder().encode(JSON.stringify(message));
  if (!auth) throw secretMissing();
  const signed = await auth.sign({ method: "POST", path, body });
  const headers = { "content-type": "application/json", ...signed };
  const url = baseUrl.replace(/\/+$/, "") + path;
  return fetch(url, { method: "POST", headers, body, ...(signal && { signal }) });
}

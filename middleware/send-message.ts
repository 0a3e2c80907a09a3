/** Signs a message for a process of the same app, and sends it there. */
import type { World } from "../lib/contract/world";
import { secretMissing } from "../lib/auth/signed-messages";
import type { FlowMessage, MessageKind, StepMessage } from "./message-route";
import { signedPath } from "./route";

/** `baseUrl` is where the app can be reached, with the prefix under which our routes are. */
export async function sendMessage(
  world: World,
  baseUrl: string,
  kind: MessageKind,
  message: FlowMessage | StepMessage,
): Promise<Response> {
  const path = signedPath(kind);
  const body = new TextEncoder().encode(JSON.stringify(message));
  if (!world.auth) throw secretMissing();
  const signed = await world.auth.sign({ method: "POST", path, body });
  const headers = { "content-type": "application/json", ...signed };
  return fetch(baseUrl.replace(/\/+$/, "") + path, { method: "POST", headers, body });
}

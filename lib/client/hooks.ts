/** Hooks from outside: finding them, and sending what their runs wait for. */
import { HookNotFoundError, WorldError } from "../contract/error";
import type { HookDescription } from "../contract/event";
import { writeMessage } from "../contract/message";
import type { HookRecord, World } from "../contract/world";
import { encodeWithBodies } from "../engine/encode-with-bodies";
import { getWorld } from "../runtime/current";
import { clientCodec } from "./client-codec";

export interface OpenHook {
  runId: string;
  /** The call that made it, as the events of its run name it. */
  hookId: string;
  token: string;
  metadata?: unknown;
  createdAt: Date;
  isWebhook: boolean;
}

export interface ResumeOptions {
  /** A second payload of the same id is not stored. */
  id?: string;
  world?: World;
}

/** Resolves when the payload is stored; the run takes it when it gets there (P1). */
export async function resumeHook(
  hook: string | { token: string },
  payload?: unknown,
  options: ResumeOptions = {},
): Promise<OpenHook> {
  const token = typeof hook === "string" ? hook : hook.token;
  const { id, world = getWorld() } = options;
  const encoded = await encodeWithBodies(clientCodec(), payload, "hook payload");
  const record = await findHook(world, token);
  const { runId, call } = record;
  const body = writeMessage({ type: "payload", call, payload: encoded });
  const message = id === undefined ? { call, body } : { id: `payload ${token} ${id}`, call, body };
  const { status } = await world.inbox.send(runId, message);
  if (status === "stored" || status === "duplicate") return openHookOf(record);
  if (status === "full") throw inboxFull(runId);
  throw new HookNotFoundError(token);
}

/** Rejects if no open hook has the token. */
export async function getHookByToken(
  token: string,
  { world = getWorld() }: { world?: World } = {},
): Promise<OpenHook> {
  return openHookOf(await findHook(world, token));
}

async function findHook(world: World, token: string): Promise<HookRecord> {
  const record = await world.hooks.find(token);
  if (!record) throw new HookNotFoundError(token);
  return record;
}

function openHookOf({ runId, call, token, createdAt, description }: HookRecord): OpenHook {
  const { metadata, webhook } = JSON.parse(description) as HookDescription;
  return {
    ...{ runId, hookId: call, token, createdAt: new Date(createdAt) },
    ...(metadata !== undefined && { metadata: clientCodec().decode(metadata) }),
    isWebhook: webhook !== undefined,
  };
}

export function inboxFull(runId: string): WorldError {
  return new WorldError("INBOX_FULL", `Run "${runId}" has too many messages that it has not taken`);
}

/**
 * A payload on its way to a run: what is refused is refused before anything is stored, and what was
 * stored is acknowledged only then (P1).
 *
 * - C4 Payloads are taken as they are at the call, and checked as they are stored.
 * - C5 A hook that takes one payload has one message id, so that of all senders one is heard.
 */
import {
  EntityConflictError,
  HookNotFoundError,
  WorkflowRunNotFoundError,
  WorldError,
} from "../contract/error";
import type { HookDescription } from "../contract/event";
import { writeMessage } from "../contract/message";
import type { DeliveredPayload, ResumeRunOptions, WaitingPayload } from "../contract/open-hook";
import { TERMINAL } from "../contract/run";
import { maskToken, runIdOfToken } from "../contract/token";
import type { HookRecord, NewMessage, World } from "../contract/world";
import { encodeWithBodies } from "../engine/encode-with-bodies";
import { getWorld } from "../runtime/current";
import { clientCodec } from "./client-codec";
import { openHookOf } from "./open-hook";
import { checkPayload } from "./payload-check";

export interface Sending extends ResumeRunOptions {
  /** A schema has made the payload what it is. */
  isChecked?: boolean;
}

export interface Parcel {
  token: string;
  payload: string;
  options: Sending;
  world: World;
}

export async function sendPayload(
  token: string,
  value: unknown,
  options: Sending,
): Promise<DeliveredPayload | WaitingPayload> {
  const { runId, world = getWorld() } = options;
  const payload = await encodeWithBodies(clientCodec(), value, "hook payload");
  const record = await world.hooks.find(token);
  const parcel = { token, payload, options, world };
  if (record && (runId === undefined || runId === record.runId)) return deliver(record, parcel);
  if (runId === undefined || runIdOfToken(token) !== null) throw await notFound(world, token);
  return leave(runId, parcel);
}

/** For a hook that is there. */
export async function deliver(
  record: HookRecord,
  { token, payload, options, world }: Parcel,
): Promise<DeliveredPayload> {
  const { runId, call } = record;
  refuseIfServed(record, token);
  const { once, schema, name } = JSON.parse(record.description) as HookDescription;
  const { isChecked = false } = options;
  if (schema !== undefined && !isChecked) {
    checkPayload(schema, clientCodec().decode(payload), name);
  }
  const id = once ? `once ${call} ${record.createdAt}` : idOf(token, options);
  const checked = isChecked && ({ isChecked } as const);
  const body = writeMessage({ type: "payload", call, payload, ...checked });
  const { status } = await world.inbox.send(runId, messageOf(body, { id, call }));
  switch (status) {
    case "duplicate":
      if (once) throw alreadyResumed(name, token);
      break;
    case "stored":
      break;
    case "full":
      throw inboxFull(runId);
    case "gone":
      throw new HookNotFoundError(token, disposed(runId));
    case "over":
      throw new HookNotFoundError(token, over(runId));
    case "not_found":
      throw new HookNotFoundError(token);
  }
  return { ...openHookOf(record), delivery: "delivered" };
}

/** Throws for a hook that takes one payload, and is known to have it. */
export function refuseIfServed({ description }: HookRecord, token: string): void {
  const { isServed, name } = JSON.parse(description) as HookDescription;
  if (isServed) throw alreadyResumed(name, token);
}

/** For a hook that is still to come. */
async function leave(
  runId: string,
  { token, payload, options, world }: Parcel,
): Promise<WaitingPayload> {
  const checked = options.isChecked && ({ isChecked: true } as const);
  const body = writeMessage({ type: "token_payload", token, payload, ...checked });
  const { status } = await world.inbox.send(runId, messageOf(body, { id: idOf(token, options) }));
  if (status === "full") throw inboxFull(runId);
  if (status === "over") throw new HookNotFoundError(token, over(runId));
  if (status === "not_found") throw new WorkflowRunNotFoundError(runId);
  return { delivery: "waiting", runId, token };
}

function messageOf(body: string, { id, call }: { id?: string | undefined; call?: string }) {
  const message: NewMessage = { body };
  if (id !== undefined) message.id = id;
  if (call !== undefined) message.call = call;
  return message;
}

function idOf(token: string, { id }: Sending): string | undefined {
  return id === undefined ? undefined : `payload ${token} ${id}`;
}

/** A generated token says whose it was. */
export async function notFound(
  world: World,
  token: string,
  runId = runIdOfToken(token),
): Promise<HookNotFoundError> {
  const run = runId === null ? null : await world.runs.get(runId);
  if (!run) return new HookNotFoundError(token);
  const { status } = run;
  return new HookNotFoundError(token, (TERMINAL.has(status) ? over : disposed)(run.runId));
}

function over(runId: string): string {
  return `run "${runId}" is over`;
}

function disposed(runId: string): string {
  return `run "${runId}" has disposed of it`;
}

function alreadyResumed(name: string | undefined, token: string): EntityConflictError {
  const hook = name === undefined ? `The hook of token "${maskToken(token)}"` : `Hook "${name}"`;
  return new EntityConflictError("HOOK_ALREADY_RESUMED", `${hook} takes one payload, and has it`);
}

export function inboxFull(runId: string): WorldError {
  return new WorldError("INBOX_FULL", `Run "${runId}" has too many messages that it has not taken`);
}

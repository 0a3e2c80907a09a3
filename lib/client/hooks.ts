/** Hooks from outside: finding them, and sending what their runs wait for. */
import type {
  DeliveredPayload,
  OpenHook,
  ResumeOptions,
  ResumeRunOptions,
  WaitingPayload,
} from "../contract/open-hook";
import type { Page, PageQuery } from "../contract/run";
import type { World } from "../contract/world";
import { getWorld } from "../runtime/current";
import { openHookOf } from "./open-hook";
import { notFound, sendPayload } from "./send-payload";

/**
 * Resolves when the payload is stored; the run takes it when it gets there (P1). With a `runId` it
 * may come before the hook, and waits for that.
 */
export function resumeHook(
  hook: string | { token: string },
  payload?: unknown,
  options?: ResumeOptions,
): Promise<DeliveredPayload>;
export function resumeHook(
  hook: string | { token: string },
  payload: unknown,
  options: ResumeRunOptions,
): Promise<DeliveredPayload | WaitingPayload>;
export function resumeHook(
  hook: string | { token: string },
  payload?: unknown,
  { id, runId, world }: ResumeRunOptions = {},
): Promise<DeliveredPayload | WaitingPayload> {
  const token = typeof hook === "string" ? hook : hook.token;
  return sendPayload(token, payload, {
    ...(id !== undefined && { id }),
    ...(runId !== undefined && { runId }),
    ...(world && { world }),
  });
}

/** Rejects if no open hook has the token. */
export async function getHookByToken(
  token: string,
  { world = getWorld() }: { world?: World } = {},
): Promise<OpenHook> {
  const record = await world.hooks.find(token);
  if (!record) throw await notFound(world, token);
  return openHookOf(record);
}

export interface ListHooksQuery extends PageQuery {
  /** Those of one run; of all, unless it is given. */
  runId?: string;
  world?: World;
}

/** Hooks that are open. */
export async function listHooks(query: ListHooksQuery = {}): Promise<Page<OpenHook>> {
  const { world = getWorld(), ...rest } = query;
  const { data, cursor } = await world.hooks.list(rest);
  return { data: data.map(openHookOf), cursor };
}

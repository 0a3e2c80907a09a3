/** The record of a hook, as its senders see it. */
import type { HookDescription } from "../contract/event";
import type { OpenHook } from "../contract/open-hook";
import type { HookRecord } from "../contract/world";
import { clientCodec } from "./client-codec";

export function openHookOf({ runId, call, token, createdAt, description }: HookRecord): OpenHook {
  const known = JSON.parse(description) as HookDescription;
  const { name, label, metadata, schema, once, webhook } = known;
  return {
    ...{ runId, hookId: call, token, createdAt: new Date(createdAt) },
    ...(name !== undefined && { name }),
    ...(label !== undefined && { label }),
    ...(metadata !== undefined && { metadata: clientCodec().decode(metadata) }),
    ...(schema !== undefined && { schema: JSON.parse(schema) as unknown }),
    ...(once && { once }),
    isWebhook: webhook !== undefined,
  };
}

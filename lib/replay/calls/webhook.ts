/** `createWebhook`: a hook whose payloads are HTTP requests, with an address to send them to. */
import type { WebhookDescription } from "../../contract/event";
import { wrongPlace } from "../../contract/wrong-place";
import type {
  CreateWebhook,
  HookOptions,
  Webhook,
  WebhookOptions,
} from "../../contract/workflow-api";
import { sited } from "../realm/call-site";
import type { Runtime } from "../realm/runtime";
import type { HookCalls } from "./hook";
import { optionsOf } from "./options";

export function createWebhookCall(runtime: Runtime, hooks: HookCalls): CreateWebhook {
  return sited((site) => {
    const createWebhook = (options?: WebhookOptions): Webhook => {
      const { schema } = optionsOf(options as HookOptions | undefined, "createWebhook");
      if (schema !== undefined) throw new TypeError("A webhook takes requests, and no `schema`");
      if (options?.token !== undefined && runtime.facts().webhookTokens === "generated") {
        throw new Error(TOKEN_REFUSED);
      }
      const webhook = describe(runtime, optionsOf(options, "createWebhook").respondWith);
      const hook = hooks.open<Request>(site, options, { webhook, receive });
      const base = runtime.facts().url;
      const url = `${base}/.well-known/workflow/v1/webhook/${encodeURIComponent(hook.token)}`;
      return Object.assign(hook, { url });
    };
    return createWebhook as CreateWebhook;
  });
}

/** WH-03, where the app was told so. */
const TOKEN_REFUSED =
  "`createWebhook()` does not accept a `token` option. Webhook tokens are always randomly generated. For a token of your own use `createHook()`, and `resumeHook()` in a route that you protect.";

function describe(
  { codec }: Runtime,
  respondWith: WebhookOptions["respondWith"],
): WebhookDescription {
  if (respondWith === undefined) return { respondWith: "accepted" };
  if (respondWith === "manual") return { respondWith };
  if (!(respondWith instanceof Response)) {
    throw new Error(`Invalid \`respondWith\` value: ${String(respondWith)}`);
  }
  return { respondWith: "static", response: codec.encode(respondWith, "hook metadata") };
}

/** Only a step can answer: the caller waits for it, and a replay must not answer again. */
function receive(request: unknown): unknown {
  if (typeof request !== "object" || request === null) return request;
  return Object.defineProperty(request, "respondWith", {
    value: () => {
      throw wrongPlace("`respondWith()` must be called from within a step function");
    },
    configurable: true,
    writable: true,
  });
}

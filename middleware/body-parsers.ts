/** Body parsers that stand ahead of us: they leave nothing of a webhook's bytes. */
import type { AppRequest } from "./node-request";
import { layersOf, type ParentApp, pathOfMount } from "./parent-app";
import { ROUTES } from "../lib/auth/send-message";

/** The names that body-parser gives its middlewares, in all its versions. */
const PARSERS = new Set(["jsonParser", "urlencodedParser", "textParser"]);

export const PARSER_WARNING =
  "is mounted ahead of workflowMiddleware(): webhooks whose bodies it reads fail unless its `verify` keeps the bytes as req.rawBody. Mount workflowMiddleware() ahead of it (WEBHOOK_BODY_PARSED, see everstep/docs/errors/WEBHOOK_BODY_PARSED.md)";

/** The name of one that would read what is sent to our webhooks. */
export function bodyParserAhead(parent: ParentApp, mountpath: unknown): string | null {
  const path = `${pathOfMount(mountpath)}${ROUTES}webhook/token`;
  const ahead = layersOf(parent).slice(0, -1);
  const parser = ahead.find(({ name, match }, index) => {
    if (name === undefined || !PARSERS.has(name)) return false;
    return match?.call(ahead[index], path) ?? true;
  });
  return parser?.name === undefined ? null : `${parser.name}()`;
}

/** Whether somebody has read the body of a request that has one, and kept no bytes of it. */
export function hasParsedBody(req: AppRequest): boolean {
  const { readableDidRead, body, rawBody } = req;
  if (!readableDidRead || body === undefined) return false;
  return !(body instanceof Uint8Array) && !(rawBody instanceof Uint8Array);
}

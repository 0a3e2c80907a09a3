/** `ALL /.well-known/workflow/v1/webhook/:token`: a request from anywhere, on its way to a run. */
import type { ErrorCode, EverstepError } from "../lib/contract/error";
import { resumeWebhook } from "../lib/client/webhooks";
import { empty, plain, RETRY_AFTER } from "./answer";
import { limitBody } from "./body-limit";
import { USUAL_MAX_BODY_BYTES, USUAL_REPLY_TIMEOUT_MS } from "./options";
import type { WorkflowService } from "./workflow-service";

/** What a sender hears of trouble that has a name; all else is a 500 without a word. */
const ANSWERS: Partial<Record<ErrorCode, () => Response>> = {
  HOOK_NOT_FOUND: () => empty(404),
  HOOK_GONE: () => empty(410),
  HOOK_ALREADY_RESUMED: () => plain(409, "This webhook takes one request, and has it."),
  INBOX_FULL: () => plain(503, "Too many requests wait for this webhook.", RETRY_AFTER),
  WEBHOOK_NOT_ANSWERED: () => plain(502, "Workflow run did not send a response"),
  WEBHOOK_TIMEOUT: () => plain(504, "No response was sent in time."),
  WORLD_CLOSED: () => empty(503, RETRY_AFTER),
};

export async function answerWebhook(
  service: WorkflowService,
  token: string | null,
  request: Request,
): Promise<Response> {
  if (token === "") return plain(400, "Missing token");
  if (token === null) return empty(404);
  const { world, options } = service;
  const { maxBodyBytes = USUAL_MAX_BODY_BYTES, replyTimeoutMs = USUAL_REPLY_TIMEOUT_MS } = options;
  const limited = limitBody(request, maxBodyBytes);
  if (!limited) return tooLarge(maxBodyBytes);
  try {
    const response = await resumeWebhook(token, limited.request, { world, replyTimeoutMs });
    // What `Response.error()` makes has no status that can be sent.
    return response.status < 200 ? empty(502) : response;
  } catch (error) {
    if (limited.isExceeded()) return tooLarge(maxBodyBytes);
    const known = error instanceof Error ? ANSWERS[codeOf(error)!] : undefined;
    if (known) return known();
    // The sender has gone away in the middle of what it sent: nobody hears the answer.
    if (request.signal.aborted) return empty(400);
    service.log("error", `A webhook request failed: ${describe(error)}`);
    return empty(500);
  }
}

function codeOf(error: Error): ErrorCode | undefined {
  const { code } = error as Partial<EverstepError>;
  return code !== undefined && Object.hasOwn(ANSWERS, code) ? code : undefined;
}

function tooLarge(maxBodyBytes: number): Response {
  return plain(413, `A request may have ${maxBodyBytes} bytes at most.`);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

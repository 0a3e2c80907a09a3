/**
 * Requests to webhooks: each is a payload of its hook, and its sender gets an answer.
 *
 * - C4 A request is answered when it is stored, body and all, and not before (P1).
 * - C5 Its bytes reach the workflow as they came. A large body goes to a stream of the run, piece by
 *      piece, and is never in memory as a whole.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isUtf8 } from "node:buffer";
import type { HookDescription, WebhookDescription } from "../contract/event";
import { buildOwnStreamId } from "../contract/stream";
import type { HookRecord, World } from "../contract/world";
import { rememberContent } from "../engine/body-content";
import { isTextType } from "../engine/message-body";
import { rememberReply } from "../engine/request-reply";
import { getWorld } from "../runtime/current";
import { rememberStream } from "../streams/place";
import { Pump } from "../streams/pump";
import { readAnswer } from "../streams/reply";
import { planOf } from "../streams/stream-plan";
import { clientCodec, encodeChunk } from "./client-codec";
import { StreamError } from "../contract/error";
import { deliver, notFound, refuseIfServed } from "./send-payload";

export interface ResumeWebhookOptions {
  /** How long the sender waits for the answer of a step, in milliseconds: 60,000. */
  replyTimeoutMs?: number;
  world?: World;
}

const USUAL_TIMEOUT_MS = 60_000;
/** Bodies up to this size are part of the payload. */
const INLINE_BYTES = 256 * 1024;

/**
 * Hands the request to the run that waits for it, and gives the answer: 202 at once, the one that the
 * webhook was made with, or that of a step.
 */
export async function resumeWebhook(
  token: string,
  request: Request,
  { replyTimeoutMs = USUAL_TIMEOUT_MS, world = getWorld() }: ResumeWebhookOptions = {},
): Promise<Response> {
  const record = await world.hooks.find(token);
  const webhook = record && isSame(record.token, token) && webhookOf(record);
  if (!webhook) throw await notFound(world, token);
  // Ahead of its body, which would be stored for nothing, as often as somebody sends one.
  refuseIfServed(record, token);
  const isManual = webhook.respondWith === "manual";
  const reply = isManual ? ownStream(record, "reply") : undefined;
  const payload = await encodeRequest(record, request, reply, world).catch(async (error) => {
    // The run has ended while its body came in.
    throw StreamError.is(error) ? await notFound(world, token, record.runId) : error;
  });
  await deliver(record, { token, payload, options: {}, world });
  // crash here: the workflow has the request, and its sender, who got no answer, may send it again.
  if (reply !== undefined) return readAnswer(world, clientCodec(), reply, replyTimeoutMs);
  if (webhook.response === undefined) return new Response(null, { status: 202 });
  return clientCodec().decode(webhook.response) as Response;
}

/** Undefined for a hook of another kind. */
function webhookOf({ description }: HookRecord): WebhookDescription | undefined {
  return (JSON.parse(description) as HookDescription).webhook;
}

/** In a time that does not tell how much of it is right. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(a!, b!);
}

function ownStream({ runId }: HookRecord, purpose: "body" | "reply", isBytes = false): string {
  return buildOwnStreamId(runId, purpose, randomBytes(9).toString("hex"), isBytes);
}

/** The request itself, whose body is known from then on: to make another one costs more than the rest. */
async function encodeRequest(
  record: HookRecord,
  request: Request,
  reply: string | undefined,
  world: World,
): Promise<string> {
  const { body, headers, bodyUsed } = request;
  // One that somebody else reads is refused below, as such are everywhere.
  if (body && !bodyUsed && !body.locked) await storeBody(record, body, headers, world);
  if (reply !== undefined) rememberReply(request, reply);
  return clientCodec().encode(request, "hook payload");
}

/** As content of the payload; or, if it is large, as a stream of the run that has all of it. */
async function storeBody(
  record: HookRecord,
  body: ReadableStream<Uint8Array>,
  headers: Headers,
  world: World,
): Promise<void> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  for (let size = 0; size <= INLINE_BYTES;) {
    const { done, value } = await reader.read();
    if (done) return rememberContent(body, contentOf(chunks, headers));
    chunks.push(value);
    size += value.byteLength;
  }
  const stream = planOf(ownStream(record, "body", true));
  const pump = new Pump(joined(chunks, reader), { world, stream, encode: encodeChunk });
  const failure = await pump.done;
  // crash here: the run has chunks that no payload names, which go when it goes.
  if (failure !== null) throw failure;
  rememberStream(body, stream.streamId, true);
}

function contentOf(chunks: readonly Uint8Array[], headers: Headers): string | Uint8Array {
  const bytes = Buffer.concat(chunks);
  return isTextType(headers) && isUtf8(bytes) ? bytes.toString() : new Uint8Array(bytes);
}

/** What was read, and what is still to come. */
function joined(
  chunks: Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const value = chunks.shift() ?? (await reader.read()).value;
        if (value) controller.enqueue(value);
        else controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

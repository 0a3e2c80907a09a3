/**
 * What a world signs and believes: messages between processes that know the same secret (P11).
 *
 * - S1 Without a secret nothing is signed, and nothing is believed.
 * - S2 What is signed is all that a receiver acts on: method, path, body, time and a number of its own.
 * - S3 A message is believed for five minutes of world time, and once by each process.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { WorldError } from "../contract/error";
import type { SignedRequest, WorldAuth } from "../contract/world";

const VERSION = "1";
const HEADERS = {
  version: "x-everstep-version",
  timestamp: "x-everstep-timestamp",
  nonce: "x-everstep-nonce",
  signature: "x-everstep-signature",
} as const;

const BELIEVED_FOR_MS = 5 * 60_000;
const NONCE = /^[A-Za-z0-9_-]{22}$/;
const SIGNATURE = /^[0-9a-f]{64}$/;
const TIMESTAMP = /^\d{1,15}$/;

export interface AuthOptions {
  /** World time, so that the clocks of the processes do not matter. */
  now: () => Promise<number>;
  /** WORKFLOW_SECRET, unless it is given. */
  secret?: () => string | undefined;
}

export function createWorldAuth({ now, secret = secretOfProcess }: AuthOptions): WorldAuth {
  return new SignedMessages(now, secret);
}

function secretOfProcess(): string | undefined {
  return process.env["WORKFLOW_SECRET"];
}

class SignedMessages implements WorldAuth {
  /** Numbers of messages that were believed, oldest first, each with its time. */
  private readonly taken = new Map<string, number>();

  constructor(
    private readonly now: () => Promise<number>,
    private readonly secret: () => string | undefined,
  ) {}

  async sign(request: SignedRequest): Promise<Record<string, string>> {
    const secret = this.secret();
    if (!secret) throw secretMissing();
    const timestamp = String(Math.round(await this.now()));
    const nonce = randomBytes(16).toString("base64url");
    const signature = signatureOf(secret, request, timestamp, nonce);
    return {
      [HEADERS.version]: VERSION,
      [HEADERS.timestamp]: timestamp,
      [HEADERS.nonce]: nonce,
      [HEADERS.signature]: signature.toString("hex"),
    };
  }

  async verify(
    request: SignedRequest,
    header: (name: string) => string | null | undefined,
  ): Promise<boolean> {
    const secret = this.secret();
    const timestamp = header(HEADERS.timestamp) ?? "";
    const nonce = header(HEADERS.nonce) ?? "";
    const signature = header(HEADERS.signature) ?? "";
    const isWhole =
      header(HEADERS.version) === VERSION &&
      TIMESTAMP.test(timestamp) &&
      NONCE.test(nonce) &&
      SIGNATURE.test(signature);
    if (!secret || !isWhole) return false;
    const expected = signatureOf(secret, request, timestamp, nonce);
    if (!timingSafeEqual(expected, Buffer.from(signature, "hex"))) return false;
    // Only now: nobody else makes the world be asked.
    const now = await this.now();
    if (Math.abs(now - Number(timestamp)) > BELIEVED_FOR_MS) return false;
    return this.take(nonce, now);
  }

  /** False if a message of that number was here before. */
  private take(nonce: string, now: number): boolean {
    if (this.taken.has(nonce)) return false;
    for (const [other, at] of this.taken) {
      // A message from ahead of this clock is believed for twice that time.
      if (now - at <= 2 * BELIEVED_FOR_MS) break;
      this.taken.delete(other);
    }
    this.taken.set(nonce, now);
    return true;
  }
}

function signatureOf(
  secret: string,
  { method, path, body }: SignedRequest,
  timestamp: string,
  nonce: string,
): Buffer {
  const digest = createHash("sha256").update(body).digest("hex");
  const text = [VERSION, timestamp, nonce, method.toUpperCase(), path, digest].join("\n");
  return createHmac("sha256", secret).update(text).digest();
}

export function secretMissing(): WorldError {
  return new WorldError("SECRET_MISSING", "Messages between processes cannot be signed");
}

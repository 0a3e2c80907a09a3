/** Requests as they are written, and answers as they come: nothing is added, followed or unpacked. */
import { request } from "node:http";

export interface Sent {
  method?: string;
  headers?: Record<string, string | string[]>;
  /** Several pieces go without a length, chunk by chunk. */
  body?: string | Uint8Array | readonly (string | Uint8Array)[];
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  text: string;
}

export function send(url: string, { method = "POST", headers = {}, body }: Sent = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const pieces = Array.isArray(body) ? (body as (string | Uint8Array)[]) : null;
    const whole = pieces || body === undefined ? null : Buffer.from(body as string | Uint8Array);
    const length = whole ? { "content-length": String(whole.length) } : {};
    const outgoing = request(url, { method, headers: { ...length, ...headers }, agent: false });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = Buffer.concat(chunks);
        const { statusCode = 0, headers: answered } = response;
        resolve({ status: statusCode, headers: answered, bytes, text: bytes.toString() });
      });
    });
    for (const piece of pieces ?? []) outgoing.write(piece);
    outgoing.end(whole ?? undefined);
  });
}

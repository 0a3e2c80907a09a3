/** Requests that may not be longer than so much, whether they say how long they are or not. */
export interface LimitedRequest {
  request: Request;
  /** Whether there was more than that; whoever reads it has heard an error. */
  isExceeded(): boolean;
}

/** Null for a request that says itself that it is too long. */
export function limitBody(request: Request, maxBytes: number): LimitedRequest | null {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) return null;
  if (!request.body) return { request, isExceeded: () => false };
  const reader = request.body.getReader();
  let bytes = 0;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        bytes += value.byteLength;
        if (bytes <= maxBytes) return controller.enqueue(value);
        controller.error(new Error(`The body has more than ${maxBytes} bytes`));
        await reader.cancel();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  const init = { body, duplex: "half", signal: request.signal } as RequestInit;
  return { request: new Request(request, init), isExceeded: () => bytes > maxBytes };
}

/** All of a short body; null if it is longer than that, or breaks off. */
export async function readShortBody(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const limited = limitBody(request, maxBytes);
  if (!limited) return null;
  try {
    return new Uint8Array(await limited.request.arrayBuffer());
  } catch {
    return null;
  }
}

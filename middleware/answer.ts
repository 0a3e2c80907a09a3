/** Answers of our own. They never hold a stack, nor anything else of what went wrong inside. */
export function empty(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers });
}

/** One plain line. */
export function plain(
  status: number,
  text: string,
  headers: Record<string, string> = {},
): Response {
  const line = text.replace(/\s*\n\s*/g, " ");
  return new Response(`${line}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

export function json(
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}

/** Whoever asks may ask again. */
export const RETRY_AFTER = { "retry-after": "5" } as const;

/**
 * Tokens of hooks that were given none: they name their run, so that nobody has to ask all of the
 * world whose a token is, and end in what cannot be guessed (W4).
 */
const PREFIX = "hook_";
/** 144 bits as base64url. */
const SECRET_LENGTH = 24;

export function buildToken(runId: string, secret: string): string {
  return `${PREFIX}${runId}_${secret}`;
}

/** Null for a token that somebody chose. */
export function runIdOfToken(token: string): string | null {
  const end = token.length - SECRET_LENGTH - 1;
  if (!token.startsWith(PREFIX) || end <= PREFIX.length || token[end] !== "_") return null;
  return token.slice(PREFIX.length, end);
}

/** For logs and messages, which are read by people who must not use it. */
export function maskToken(token: string): string {
  const runId = runIdOfToken(token);
  if (runId !== null) return `${PREFIX}${runId}_…`;
  return `${token.slice(0, Math.min(12, Math.floor(token.length / 2)))}…`;
}

/**
 * Values as JSON that any client can read. JSON has fewer types than chunks: what it lacks becomes
 * the nearest that it has, and nothing is left out silently that has a text.
 */
/** One line. Throws for values that contain themselves. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, plain) ?? "null";
}

/** `JSON.stringify` asks `toJSON` first, so that the value itself is in its holder. */
function plain(this: Record<string, unknown>, key: string, converted: unknown): unknown {
  const value = this[key];
  const bytes = bytesOf(value);
  if (bytes)
    return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64") };
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
  if (value instanceof Set) return [...(value as Set<unknown>)];
  if (value instanceof Error) return { ...value, name: value.name, message: value.message };
  if (value instanceof RegExp) return String(value);
  return converted;
}

/** Null if the value is not made of bytes. */
export function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return value instanceof ArrayBuffer ? new Uint8Array(value) : null;
}

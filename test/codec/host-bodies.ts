/** The host's codec with the rows for Node's own classes, and bodies to try it with. */
import { encodeWithBodies } from "../../lib/engine/encode-with-bodies";
import { createHostCodec } from "../../lib/engine/host-codec";
import { hostTypes } from "../../lib/engine/host-types";

export type Body = ConstructorParameters<typeof Response>[0] & {};

export const codec = createHostCodec(hostTypes);
export const ALL_BYTES = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);

export const encoded = async (value: unknown) =>
  encodeWithBodies(codec, value, "step return value");

export async function bytesIn(source: Pick<Blob, "arrayBuffer">): Promise<number[]> {
  return [...new Uint8Array(await source.arrayBuffer())];
}

export function streamOf(...chunks: unknown[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

export function post(body: Body, headers?: Headers): Request {
  return new Request("https://example.test/a?b#c", {
    method: "POST",
    body,
    ...(headers && { headers }),
  });
}

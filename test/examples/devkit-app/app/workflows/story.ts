import { getWritable } from "workflow";

export async function story(words: string[]) {
  "use workflow";
  const writable = getWritable<Uint8Array>();
  await tell(writable, words);
  await note(words.length);
  await close(writable);
  return words.length;
}

async function tell(writable: WritableStream<Uint8Array>, words: string[]) {
  "use step";
  const encoder = new TextEncoder();
  const writer = writable.getWriter();
  for (const word of words) await writer.write(encoder.encode(`${word} `));
  writer.releaseLock();
}

async function note(count: number) {
  "use step";
  const writer = getWritable<{ count: number }>({ namespace: "notes" }).getWriter();
  await writer.write({ count });
  await writer.close();
}

async function close(writable: WritableStream) {
  "use step";
  await writable.close();
}

export async function upperCased(source: ReadableStream<string>) {
  "use workflow";
  return shout(source);
}

async function shout(source: ReadableStream<string>) {
  "use step";
  return source.pipeThrough(
    new TransformStream<string, string>({
      transform: (text, controller) => controller.enqueue(text.toUpperCase()),
    }),
  );
}

/**
 * What a world stores of a chunk: who wrote it, and the text of the value. Who wrote it stands with
 * every chunk, so that a reader can tell the attempts of a step apart wherever it begins to read, and
 * a writer can find out whether a write went through whose answer was lost.
 *
 *     <attempt> <writer> <number> <value>
 */

export interface ChunkOrigin {
  /** The step, by the id that all of its attempts have; or a name that nobody else has. */
  readonly writer: string;
  /** From 1; 0 for what no step wrote. */
  readonly attempt: number;
}

export interface WrittenChunk extends ChunkOrigin {
  /** Which chunk of this writer it is, from 0. */
  number: number;
  /** The value, as the codec wrote it. */
  text: string;
}

export function writeChunk({ writer, attempt }: ChunkOrigin, number: number, text: string): string {
  return `${attempt} ${writer} ${number} ${text}`;
}

export function readChunk(data: string): WrittenChunk {
  const [first, second] = [data.indexOf(" "), data.indexOf(" ", data.indexOf(" ") + 1)];
  const third = data.indexOf(" ", second + 1);
  return {
    attempt: Number(data.slice(0, first)),
    writer: data.slice(first + 1, second),
    number: Number(data.slice(second + 1, third)),
    text: data.slice(third + 1),
  };
}

/** Null for what no step wrote. */
export function stepOf({ writer, attempt }: ChunkOrigin): string | null {
  return attempt === 0 ? null : writer;
}

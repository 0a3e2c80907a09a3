/** `multipart/form-data`, for messages whose body is a form. */
import { blobClasses } from "./blob";
import type { Bytes } from "./bytes";
import type { FormValue } from "./form-data";
import { random } from "./guarded-host";
import { floor, numberText } from "./intrinsics";

export interface Multipart {
  bytes: Bytes;
  contentType: string;
}

const DIGITS_OF_BOUNDARY = 24;

/** The boundary takes some of the run's random numbers: the same ones at every replay. */
export function encodeMultipart(pairs: Iterable<[string, FormValue]>): Multipart {
  const { Blob, bytesIn } = blobClasses();
  let boundary = "----formdata-everstep-";
  for (let count = 0; count < DIGITS_OF_BOUNDARY; count++) {
    boundary += numberText(floor(random() * 16), 16);
  }
  const parts: unknown[] = [];
  for (const [name, value] of pairs) {
    const heading = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
    if (typeof value === "string") {
      parts.push(`${heading}\r\n\r\n${withLineEnds(value)}\r\n`);
    } else {
      const type = value.type === "" ? "application/octet-stream" : value.type;
      parts.push(`${heading}; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`);
      parts.push(value, "\r\n");
    }
  }
  parts.push(`--${boundary}--\r\n`);
  const bytes = bytesIn(new Blob(parts)) as Bytes;
  return { bytes, contentType: `multipart/form-data; boundary=${boundary}` };
}

function escaped(name: string): string {
  return withLineEnds(name).replace(/\r\n/g, "%0D%0A").replace(/"/g, "%22");
}

function withLineEnds(text: string): string {
  return text.replace(/\r\n?|\n/g, "\r\n");
}

/** The body of a request or response: from what a program gives to what is kept. */
import { blobClasses } from "./blob";
import { type Bytes, bytesOf, copyBytes, typedArrayName } from "./bytes";
import { formDataClass } from "./form-data";
import { isObject } from "./intrinsics";
import { encodeMultipart } from "./multipart";
import { streamContent, streamKind } from "./streams";
import { searchParamsClass } from "./url-search-params";
import { usvString } from "./usv-string";

/** A stream stays what it is; its bytes are elsewhere. */
export type Body = null | string | Bytes | StreamBody;

/** The handle of a readable stream. */
export interface StreamBody {
  readonly locked: boolean;
}

export type BodyForm = "text" | "json" | "arrayBuffer" | "bytes" | "formData" | "blob";

/** Reads a body as a step of the run, since it may still be on its way. */
export type ReadBody = (form: BodyForm, message: object) => Promise<unknown>;

/** What a message that was made here holds. */
export function isContent(value: unknown): value is string | Bytes {
  return typeof value === "string" || typedArrayName(value) === "Uint8Array";
}

export interface GivenBody {
  body: Body;
  /** What the header says unless the program says something else. */
  contentType: string | null;
}

export function bodyFrom(init: unknown): GivenBody {
  if (init === null || init === undefined) return { body: null, contentType: null };
  if (!isObject(init)) return { body: usvString(init), contentType: "text/plain;charset=UTF-8" };
  const bytes = bytesOf(init);
  if (bytes) return { body: copyBytes(bytes), contentType: null };
  if (streamKind(init) === "readable") {
    return { body: streamContent(init) ?? (init as StreamBody), contentType: null };
  }
  return bodyFromClass(init);
}

function bodyFromClass(init: object): GivenBody {
  const { Blob, bytesIn } = blobClasses();
  if (init instanceof Blob) {
    return { body: copyBytes(bytesIn(init) ?? []), contentType: init.type || null };
  }
  if (init instanceof searchParamsClass().URLSearchParams) {
    const contentType = "application/x-www-form-urlencoded;charset=UTF-8";
    return { body: init.toString(), contentType };
  }
  if (init instanceof formDataClass()) {
    const { bytes, contentType } = encodeMultipart(init.entries());
    return { body: bytes, contentType };
  }
  return { body: usvString(init), contentType: "text/plain;charset=UTF-8" };
}

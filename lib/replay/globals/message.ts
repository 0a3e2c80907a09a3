/** What requests and responses have in common: a body that is kept, and that only steps can read. */
import { type Body, type BodyForm, bodyFrom, isContent, type ReadBody } from "./body";
import { define } from "./define";
import type { HeadersInstance } from "./headers";
import { defineProperty, getOwnPropertyDescriptor } from "./intrinsics";
import { makeContentStream } from "./streams";
import { notSupported } from "./unavailable";

const FORMS: BodyForm[] = ["text", "json", "arrayBuffer", "bytes", "formData", "blob"];

export interface MessageParts {
  headers: HeadersInstance;
  body: Body;
  /** What `body` shows; made when somebody looks. */
  view?: object;
}

let readBody: ReadBody;

/** Called once, before any code of the workflow runs. */
export function adoptReadBody(given: ReadBody): void {
  readBody = given;
}

/** Takes the body of an init, and says in the headers what it is unless they do already. */
export function setBody(parts: MessageParts, init: unknown): void {
  const { body, contentType } = bodyFrom(init);
  parts.body = body;
  if (contentType !== null && !parts.headers.has("content-type")) {
    parts.headers.set("content-type", contentType);
  }
}

/** `partsOf` throws for what is no message of that class. */
export function addMembers<P extends MessageParts>(
  { prototype, name }: { prototype: object; name: string },
  partsOf: (message: object) => P,
  fields: readonly (keyof P & string)[],
): void {
  for (const field of fields) addGetter(prototype, field, (message) => partsOf(message)[field]);
  addGetter(prototype, "body", (message) => bodyView(partsOf(message)));
  addGetter(prototype, "bodyUsed", (message) => partsOf(message) === undefined);
  const members = {
    clone(): never {
      throw notSupported(`${name}.clone()`);
    },
  };
  define(prototype, "clone", members.clone);
  for (const form of FORMS) define(prototype, form, reader(form, partsOf));
}

/** Reading leaves the body where it is, so that it can be read again (SG-13). */
function reader(form: BodyForm, partsOf: (message: object) => MessageParts): unknown {
  const members = {
    [form](): Promise<unknown> {
      partsOf(this);
      return readBody(form, this);
    },
  };
  return members[form];
}

function bodyView(parts: MessageParts): object | null {
  const { body } = parts;
  if (body === null) return null;
  return (parts.view ??= isContent(body) ? makeContentStream(body) : body);
}

function addGetter(prototype: object, name: string, read: (message: object) => unknown): void {
  const members = {
    get [name](): unknown {
      return read(this);
    },
  };
  const { get } = getOwnPropertyDescriptor(members, name) as PropertyDescriptor;
  defineProperty(prototype, name, { get, enumerable: true, configurable: true });
}

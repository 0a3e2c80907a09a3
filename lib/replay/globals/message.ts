/** What requests and responses have in common: a body that is kept, and that only steps can read. */
import { type Body, type BodyForm, bodyFrom, isContent, type ReadBody } from "./body";
import { define } from "./define";
import { headersClass, type HeadersInstance } from "./headers";
import { defineProperty, getOwnPropertyDescriptor } from "./intrinsics";
import { makeContentStream } from "./streams";

const FORMS: BodyForm[] = ["text", "json", "arrayBuffer", "bytes", "formData", "blob"];

export interface MessageParts {
  headers: HeadersInstance;
  body: Body;
  /** What `body` shows; made when somebody looks. */
  view?: object | undefined;
  /** What was read of the body, by form. Copies of a message have one body, and share this. */
  reads?: Partial<Record<BodyForm, Promise<unknown>>>;
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

export interface Members<P extends MessageParts> {
  /** Throws for what is no message of that class. */
  partsOf: (message: object) => P;
  fields: readonly (keyof P & string)[];
  make: (parts: P) => object;
}

export function addMembers<P extends MessageParts>(
  { prototype }: { prototype: object },
  { partsOf, fields, make }: Members<P>,
): void {
  for (const field of fields) addGetter(prototype, field, (message) => partsOf(message)[field]);
  addGetter(prototype, "body", (message) => bodyView(partsOf(message)));
  addGetter(prototype, "bodyUsed", (message) => partsOf(message) === undefined);
  const members = {
    clone(): object {
      const parts = partsOf(this);
      // Both are read alike from here on, and each has headers of its own.
      parts.reads ??= {};
      return make({ ...parts, headers: new (headersClass())(parts.headers), view: undefined });
    },
  };
  define(prototype, "clone", members.clone);
  for (const form of FORMS) define(prototype, form, reader(form, partsOf));
}

/**
 * Reading leaves the body where it is, so that it can be read again (SG-13). It is one step for each
 * form, however often somebody asks for that.
 */
function reader(form: BodyForm, partsOf: (message: object) => MessageParts): unknown {
  const members = {
    [form](): Promise<unknown> {
      const reads = (partsOf(this).reads ??= {});
      return (reads[form] ??= readBody(form, this));
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

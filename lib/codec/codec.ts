/**
 * Values <-> stored text: arguments, results, hook payloads, stream chunks, failures.
 *
 * The same code runs on the host and inside the sandbox, and only text crosses between them, so
 * that a value is made of the classes of the side that reads it. `types.ts` has what can be stored,
 * `marks.ts` the form of the text, `limits.ts` the limits.
 */
import { SerializationError } from "../contract/error";
import type { CodecRealm } from "./codec-realm";
import type { CodecType } from "./codec-type";
import { MAX_TEXT } from "./limits";
import { PLAIN, RICH } from "./marks";
import { nestedTooDeep, Reader } from "./reader";
import { isStackOverflow, tooLarge, toRefusal, type ValueName } from "./refusal";
import { missingRegistration } from "./rows/registered";
import { createErrorEncoder } from "./stored-failure";
import { TypeTable } from "./type-table";
import { createTypes } from "./types";
import { isOurs, unreadable } from "./unreadable";
import { Writer } from "./writer";

export type { CodecRealm, StoredStep, WebClass, WebClassName } from "./codec-realm";
export type { CodecType } from "./codec-type";
export type { ValueName } from "./refusal";

/** As they were before a workflow could replace them. */
const { stringify, parse: parseJson } = JSON;

export interface Codec {
  /** The text of a value; throws a `SerializationError` that has the path to what cannot be stored. */
  encode(value: unknown, what: ValueName): string;
  /** The value again, made of the classes of this realm; throws a `SerializationError`. */
  decode(text: string): unknown;
  /** The text of whatever was thrown, cut or described where need be. Never throws. */
  encodeError(thrown: unknown): string;
}

/**
 * `moreTypes` gives rows of the same shape, asked before the table's own. The table is made for the
 * first value that is more than JSON: many runs never have one, and each has a realm of its own.
 */
export function createCodec(realm: CodecRealm, moreTypes: () => CodecType[] = () => []): Codec {
  let madeTable: TypeTable | undefined;
  const table = () => (madeTable ??= new TypeTable([...moreTypes(), ...createTypes(realm)]));
  const hint = (value: object) => missingRegistration(value, realm);

  function encode(value: unknown, what: ValueName): string {
    try {
      const writer = new Writer(table, hint);
      const mirror = writer.mirror(value);
      const json = (writer.isRich ? RICH : PLAIN) + stringify(mirror);
      const text = writer.lines === null ? json : [json, ...writer.lines].join("\n");
      if (text.length > MAX_TEXT) throw tooLarge();
      return text;
    } catch (thrown) {
      throw toRefusal(thrown).toError(what);
    }
  }

  function decode(text: string): unknown {
    try {
      const format = formatOf(text);
      if (format === PLAIN) return parse(text.slice(2));
      const [json = "", ...lines] = text.slice(2).split("\n");
      return new Reader(table(), lines).value(parse(json));
    } catch (thrown) {
      if (isOurs(thrown)) throw thrown;
      throw isStackOverflow(thrown) ? nestedTooDeep() : unreadable("it makes no value", thrown);
    }
  }

  return { encode, decode, encodeError: createErrorEncoder(encode) };
}

function formatOf(text: string): string {
  if (typeof text !== "string") throw unreadable(`it is no text but ${typeof text}`);
  if (text.length > MAX_TEXT) {
    const most = MAX_TEXT.toLocaleString("en-US");
    const message = `A stored value has ${text.length} characters, more than ${most}.`;
    throw new SerializationError("VALUE_TOO_LARGE", message);
  }
  const format = text.slice(0, 2);
  if (format === PLAIN || format === RICH) return format;
  const message =
    format.length < 2
      ? "Data too short to contain format prefix."
      : `Unknown serialization format: "${format}". Known formats: ${PLAIN}, ${RICH}.`;
  throw new SerializationError("VALUE_UNREADABLE", message);
}

function parse(json: string): unknown {
  try {
    return parseJson(json);
  } catch (thrown) {
    throw unreadable("what follows its format is not JSON", thrown);
  }
}

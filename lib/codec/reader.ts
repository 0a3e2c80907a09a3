/**
 * Makes the value of a mirror, in place: what JSON has read becomes the value.
 *
 * V1 Objects get their numbers in the order in which the writer gave them.
 * V2 The text is not to be trusted: what no writer wrote is refused, and no key calls a setter.
 */
import { SerializationError } from "../contract/error";
import { type CodecType, MalformedParts } from "./codec-type";
import { MAX_DEPTH } from "./limits";
import { LINE, MARK, MENTION, unmark } from "./marks";
import { isStackOverflow, shownMessage } from "./refusal";
import type { TypeTable } from "./type-table";
import { isOurs, unreadable } from "./unreadable";

const NUMBER = /^(?:0|[1-9][0-9]{0,8})$/;
const [CAPITAL_A, CAPITAL_Z] = [65, 90];
/** Stands for an object that is not made yet. */
const UNMADE = Symbol("unmade");

export class Reader {
  private readonly made: unknown[] = [];
  private depth = 0;

  constructor(
    private readonly table: TypeTable,
    /** What stands behind the JSON. */
    private readonly lines: readonly string[],
  ) {}

  value(stored: unknown): unknown {
    if (typeof stored === "string") {
      return stored.charCodeAt(0) === MARK ? this.marked(stored) : stored;
    }
    return typeof stored === "object" && stored !== null ? this.object(stored) : stored;
  }

  private marked(text: string): unknown {
    if (text.charCodeAt(1) === MARK) return text.slice(1);
    const found = text.startsWith(MENTION)
      ? this.numbered(this.made, text.slice(MENTION.length))
      : text.startsWith(LINE)
        ? this.numbered(this.lines, text.slice(LINE.length))
        : unmark(text);
    if (found !== null) return found.value;
    throw unreadable(`${shown(text)} stands for nothing`);
  }

  private numbered(list: readonly unknown[], digits: string): { value: unknown } | null {
    const number = NUMBER.test(digits) ? Number(digits) : Infinity;
    return number < list.length && list[number] !== UNMADE ? { value: list[number] } : null;
  }

  private object(stored: object): unknown {
    if (++this.depth > MAX_DEPTH) throw nestedTooDeep();
    const value = !Array.isArray(stored)
      ? this.plain(stored as Record<string, unknown>)
      : isRow(stored)
        ? this.row(stored)
        : this.array(stored);
    this.depth--;
    return value;
  }

  private plain(stored: Record<string, unknown>): unknown {
    this.made.push(stored);
    for (const key of Object.keys(stored)) {
      const part = stored[key];
      const value = this.value(part);
      // Each key is the object's own, so that assigning calls no setter.
      if (value !== part) stored[key] = value;
    }
    return stored;
  }

  private array(stored: unknown[]): unknown {
    this.made.push(stored);
    this.read(stored, 0);
    return stored;
  }

  private read(parts: unknown[], start: number): void {
    for (let index = start; index < parts.length; index++) {
      const part = parts[index];
      const value = this.value(part);
      if (value !== part) parts[index] = value;
    }
  }

  private row(parts: unknown[]): unknown {
    const name = (parts.shift() as string).slice(1);
    const type = this.table.named(name);
    if (!type) {
      const known = this.table.names().join(", ");
      throw unreadable(`it holds the unknown type ${shown(name)}; known types: ${known}`);
    }
    const number = this.made.push(UNMADE) - 1;
    try {
      return type.fill ? this.filled(type, parts, number) : this.late(type, parts, number);
    } catch (thrown) {
      throw isOurs(thrown) || isStackOverflow(thrown) ? thrown : notMade(type, thrown);
    }
  }

  private late(type: CodecType, parts: unknown[], number: number): unknown {
    this.read(parts, 0);
    return (this.made[number] = type.create(parts));
  }

  private filled(type: CodecType, parts: unknown[], number: number): unknown {
    const head = type.head ?? 0;
    for (let index = 0; index < head; index++) {
      if (typeof parts[index] === "object")
        throw new MalformedParts("an object in the wrong place");
      parts[index] = this.value(parts[index]);
    }
    const value = type.create(parts);
    this.made[number] = value;
    this.read(parts, head);
    type.fill?.(value, parts);
    return value;
  }
}

function isRow(stored: unknown[]): boolean {
  const first = stored[0];
  if (typeof first !== "string" || first.charCodeAt(0) !== MARK) return false;
  const second = first.charCodeAt(1);
  return second >= CAPITAL_A && second <= CAPITAL_Z;
}

function notMade(type: CodecType, thrown: unknown): unknown {
  const what = `its parts make no ${type.name}`;
  return thrown instanceof MalformedParts
    ? unreadable(`${what} (${thrown.reason})`)
    : unreadable(what + shownMessage(thrown), thrown);
}

export function nestedTooDeep(): SerializationError {
  const most = MAX_DEPTH.toLocaleString("en-US");
  return new SerializationError("VALUE_TOO_DEEP", `A stored value nests more than ${most} levels.`);
}

function shown(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 80)}…`);
}

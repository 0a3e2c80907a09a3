/**
 * Makes the mirror of one value: the same tree as plain data, which JSON can write.
 *
 * M1 Every property is read once, so what was checked is what is stored.
 * M2 Nothing of the value is changed, and none of its methods is called, `toJSON` least of all.
 * M3 What cannot come back as it was is refused with the path to it.
 */
import { Base64, type CodecType } from "./codec-type";
import { Containers } from "./containers";
import { describe } from "./describe";
import { MAX_TEXT } from "./limits";
import { LINE, MARK, markBigint, markNumber, MENTION, UNDEFINED } from "./marks";
import { arePrototypesChanged, copyOwn, isDense, shield } from "./own-properties";
import { notSerializable, propertyPath, tooLarge, toRefusal } from "./refusal";
import { NULL_OBJECT, SPARSE_ARRAY } from "./rows/objects";
import { isArrayPrototype, isObjectPrototype, type TypeTable } from "./type-table";

const { getPrototypeOf, hasOwn, keys } = Object;
const { isArray } = Array;
/** From here on bytes are a line of their own: JSON would look for what to escape in them. */
const LONG = 100;

export class Writer {
  /** Whether the mirror has marks, which JSON alone could not read back. */
  isRich = false;
  /** What is stored behind the JSON, each on a line of its own. */
  lines: string[] | null = null;
  /** A lower bound of the length of the text, so that a huge value ends early. */
  private size = 0;
  private readonly containers = new Containers();
  private readonly isGuarded = arePrototypesChanged();

  constructor(
    private readonly table: () => TypeTable,
    /** Why an object has no row, for messages. */
    private readonly hint: (value: object) => string,
  ) {}

  mirror(value: unknown): unknown {
    switch (typeof value) {
      case "string":
        this.grow(value.length);
        return value.charCodeAt(0) === MARK ? this.marked(`~${value}`) : value;
      case "number":
        if (value - value === 0 && (value !== 0 || 1 / value > 0)) return value;
        return this.marked(markNumber(value));
      case "boolean":
        return value;
      case "object":
        return value === null ? null : this.object(value);
      case "undefined":
        return this.marked(UNDEFINED);
      case "bigint":
        return this.bigint(value);
      case "function":
        return this.callable(value);
      case "symbol":
        throw notSerializable(describe(value));
    }
  }

  private marked(text: string): string {
    this.isRich = true;
    return text;
  }

  private grow(characters: number): void {
    this.size += characters;
    if (this.size > MAX_TEXT) throw tooLarge();
  }

  private bigint(value: bigint): string {
    const mark = markBigint(value);
    this.grow(mark.length);
    return this.marked(mark);
  }

  private object(value: object): unknown {
    const number = this.containers.enter(value);
    if (number !== -1) return this.mention(number, value);
    const mirror = isArray(value) ? this.array(value) : this.record(value);
    if (this.isGuarded) shield(mirror);
    this.containers.leave();
    return mirror;
  }

  /** Steps and classes are objects too, and may be mentioned twice. */
  private callable(value: object): unknown {
    const number = this.containers.enter(value);
    if (number !== -1) return this.mention(number, value);
    const type = this.table().find(value);
    if (type === undefined) throw notSerializable(describe(value));
    const mirror = this.row(type, value);
    if (this.isGuarded) shield(mirror);
    this.containers.leave();
    return mirror;
  }

  private mention(number: number, value: object): string {
    if (!this.containers.mayMention(number)) {
      throw notSerializable(`${describe(value)} again, inside of what it is made from`);
    }
    return this.marked(MENTION + number);
  }

  private record(value: object): object {
    const proto = getPrototypeOf(value) as object | null;
    if (isObjectPrototype(proto)) return this.plain(value);
    if (proto === null) return this.row(NULL_OBJECT, value);
    return this.typed(value);
  }

  private typed(value: object): object {
    const type = this.table().find(value);
    if (type === undefined) throw notSerializable(describe(value) + this.hint(value));
    if (type.hasNoFields && keys(value).length > 0) {
      const key = keys(value)[0]!;
      throw notSerializable(`the property "${key.slice(0, 80)}" of ${describe(value)}`);
    }
    return type.leavesOut ? this.lenientRow(type, value) : this.row(type, value);
  }

  private plain(value: object): object {
    const copy = copyOwn(value);
    let key = "";
    try {
      for (key in copy) {
        if (this.isGuarded && !hasOwn(copy, key)) continue;
        this.grow(key.length + 4);
        const part = copy[key];
        const mirror = this.mirror(part);
        if (mirror !== part) copy[key] = mirror;
      }
    } catch (thrown) {
      throw toRefusal(thrown).within(propertyPath(key));
    }
    return copy;
  }

  private array(value: readonly unknown[]): object {
    // A class of arrays may have the methods that store its instances.
    if (!isArrayPrototype(getPrototypeOf(value) as object | null)) return this.typed(value);
    if (!isDense(value)) return this.row(SPARSE_ARRAY, value);
    const { length } = value;
    this.grow(2 * length);
    const copy: unknown[] = [];
    let index = 0;
    try {
      for (; index < length; index++) copy.push(this.mirror(value[index]));
    } catch (thrown) {
      throw toRefusal(thrown).within(`[${index}]`);
    }
    return copy;
  }

  private row(type: CodecType, value: object): object {
    const isMadeLate = type.fill === undefined;
    if (isMadeLate) this.containers.beginUnmade();
    const parts = type.toParts(value);
    this.grow(2 * parts.length);
    const mirror: unknown[] = [this.marked(`~${type.name}`)];
    let index = 0;
    try {
      for (; index < parts.length; index++) {
        const part = parts[index];
        mirror.push(part instanceof Base64 ? this.bytes(part.text) : this.mirror(part));
      }
    } catch (thrown) {
      throw toRefusal(thrown).within(type.pathTo?.(index, parts) ?? "");
    }
    if (isMadeLate) this.containers.endUnmade();
    return mirror;
  }

  /** Names and values behind the head; what cannot be stored is taken back, with its name. */
  private lenientRow(type: CodecType, value: object): object {
    const parts = type.toParts(value);
    const head = type.head ?? 0;
    const mirror: unknown[] = [this.marked(`~${type.name}`)];
    for (let index = 0; index < head; index++) mirror.push(this.mirror(parts[index]));
    for (let index = head; index < parts.length; index += 2) {
      const mark = this.containers.mark();
      const { size } = this;
      const lines = this.lines?.length ?? 0;
      try {
        mirror.push(this.mirror(parts[index]), this.mirror(parts[index + 1]));
      } catch (thrown) {
        const refusal = toRefusal(thrown).within(type.pathTo?.(index + 1, parts) ?? "");
        if (refusal.code === "VALUE_TOO_LARGE") throw refusal;
        this.containers.rollback(mark);
        this.size = size;
        if (this.lines) this.lines.length = lines;
      }
    }
    return mirror;
  }

  private bytes(base64: string): string {
    this.grow(base64.length);
    if (base64.length < LONG) return base64;
    this.lines ??= [];
    return this.marked(LINE + (this.lines.push(base64) - 1));
  }
}

/**
 * The objects of one value, numbered in the order in which they are entered. A later mention of one
 * is stored as its number; reading enters them in the same order, so nothing is marked in the text.
 *
 * C1 An object is entered once; its number is how many were entered before it.
 * C2 `unmade` are the open ones that do not exist while their parts are read (an instance of a
 *    class). No mention inside of one may lead back to it, directly or through others.
 */
import { MAX_DEPTH } from "./limits";
import { tooDeep } from "./refusal";

/** Up to here it is faster to look through a list than to keep a set. */
const FEW = 8;

export interface Mark {
  count: number;
  depth: number;
  lowest: number;
  unmade: number;
}

export class Containers {
  /** By number. Up to a few it is looked through itself. */
  private readonly entered: object[] = [];
  private many: Set<object> | null = null;
  /** Kept from the first mention on: a set is faster to fill, but does not know numbers. */
  private numbers: Map<object, number> | null = null;

  /** How many are open, their numbers, outermost first, and the outermost one each leads to. */
  private depth = 0;
  private readonly open: number[] = [];
  private readonly lowest: number[] = [];
  /** The same for closed ones that lead to one that was open when they were closed. */
  private leadsTo: Map<number, number> | null = null;
  private readonly unmade: number[] = [];

  /** Minus one when the object is new and now open, else its number. */
  enter(value: object): number {
    const { entered, depth } = this;
    const number = entered.length;
    if (this.many === null) {
      for (let earlier = 0; earlier < number; earlier++) {
        if (entered[earlier] === value) return earlier;
      }
      if (number === FEW) this.many = new Set(entered).add(value);
    } else {
      const earlier = this.numbers ? this.addNumbered(this.numbers, value) : this.add(value);
      if (earlier !== -1) return earlier;
    }
    entered[number] = value;
    if (depth >= MAX_DEPTH) throw tooDeep();
    this.open[depth] = number;
    this.lowest[depth] = number;
    this.depth = depth + 1;
    return -1;
  }

  leave(): void {
    const depth = --this.depth;
    const number = this.open[depth]!;
    const lowest = this.lowest[depth]!;
    if (lowest === number) return;
    this.leadsTo ??= new Map();
    this.leadsTo.set(number, lowest);
    this.reach(lowest);
  }

  /** The object that was just entered is made only when its parts are. */
  beginUnmade(): void {
    this.unmade.push(this.entered.length - 1);
  }

  endUnmade(): void {
    this.unmade.pop();
  }

  /** False if a mention of the object leads back to one that is not made yet (C2). */
  mayMention(number: number): boolean {
    let lowest = number;
    if (this.leadsTo !== null) {
      for (let next = this.leadsTo.get(lowest); next !== undefined;) {
        lowest = next;
        next = this.leadsTo.get(lowest);
      }
      // The next mention of the same object has a shorter way.
      if (lowest !== number) this.leadsTo.set(number, lowest);
    }
    if (!this.isOpen(lowest)) return true;
    this.reach(lowest);
    const unmade = this.unmade.at(-1);
    return unmade === undefined || lowest > unmade;
  }

  mark(): Mark {
    const { depth } = this;
    const lowest = depth > 0 ? this.lowest[depth - 1]! : 0;
    return { count: this.entered.length, depth, lowest, unmade: this.unmade.length };
  }

  /** Forgets everything since the mark. */
  rollback({ count, depth, lowest, unmade }: Mark): void {
    while (this.entered.length > count) {
      const value = this.entered.pop()!;
      this.many?.delete(value);
      this.numbers?.delete(value);
      this.leadsTo?.delete(this.entered.length);
    }
    this.depth = depth;
    if (depth > 0) this.lowest[depth - 1] = lowest;
    this.unmade.length = unmade;
  }

  /** The numbers of the open ones ascend. */
  private isOpen(number: number): boolean {
    let [from, to] = [0, this.depth];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.open[middle]! < number) from = middle + 1;
      else to = middle;
    }
    return from < this.depth && this.open[from] === number;
  }

  private reach(number: number): void {
    const top = this.depth - 1;
    if (top >= 0 && number < this.lowest[top]!) this.lowest[top] = number;
  }

  private add(value: object): number {
    const many = this.many!;
    const before = many.size;
    many.add(value);
    if (many.size > before) return -1;
    const numbers = new Map<object, number>();
    for (const each of many) numbers.set(each, numbers.size);
    this.numbers = numbers;
    return numbers.get(value) ?? -1;
  }

  private addNumbered(numbers: Map<object, number>, value: object): number {
    const number = numbers.get(value);
    if (number !== undefined) return number;
    numbers.set(value, this.entered.length);
    return -1;
  }
}

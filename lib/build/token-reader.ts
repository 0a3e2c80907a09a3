/**
 * Reads JavaScript token by token, as far as brackets, words and literals go. Whether a slash begins
 * a regular expression only the reader's user can know, and says.
 */
export type TokenKind = "word" | "value" | "punctuator" | "end";

/** Thrown where the code might mean two things. */
export class UncertainCode extends Error {}

const SPACE_OR_COMMENT = /(?:\s+|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const WORD = /[\w$#\u0080-\uffff\\]+/y;
const TEXT = /"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/y;
const REGULAR_EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const TEMPLATE_PART = /(?:[^`\\$]|\\[^]|\$(?!\{))*(`|\$\{)/y;
const PUNCTUATOR = /=>|\?\.(?!\d)|\?\?|\+\+|--|[=!]==?|[<>]=|[^]/y;

export class TokenReader {
  kind: TokenKind = "end";
  /** Of a word or punctuator. */
  text = "";
  start = 0;
  end = 0;

  constructor(readonly code: string) {}

  /** `slash` is what a slash may be here. */
  read(slash: "division" | "expression" | "unknown"): void {
    const { code } = this;
    this.start = this.endOf(SPACE_OR_COMMENT, this.end);
    if (this.start >= code.length) return this.take("end", this.start);
    const first = code.charCodeAt(this.start);
    const word = this.endOf(WORD, this.start);
    if (word > this.start) return this.take("word", word);
    if (first === 34 || first === 39) return this.take("value", this.certain(TEXT));
    if (first === 47 && slash !== "division") {
      if (slash === "unknown") throw new UncertainCode();
      return this.take("value", this.certain(REGULAR_EXPRESSION));
    }
    this.take("punctuator", this.endOf(PUNCTUATOR, this.start));
  }

  /** Behind a backtick, or behind the brace that ends a hole; whether another hole follows. */
  readTemplate(): boolean {
    TEMPLATE_PART.lastIndex = this.end;
    const match = TEMPLATE_PART.exec(this.code);
    if (!match) throw new UncertainCode();
    this.end = TEMPLATE_PART.lastIndex;
    return match[1] !== "`";
  }

  skipTo(end: number): void {
    this.end = end;
  }

  /** What follows the current token, without spaces and comments. */
  peek(pattern: RegExp): string {
    pattern.lastIndex = this.endOf(SPACE_OR_COMMENT, this.end);
    return pattern.exec(this.code)?.[0] ?? "";
  }

  private take(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = end;
    this.text = kind === "value" ? "" : this.code.slice(this.start, end);
  }

  private certain(pattern: RegExp): number {
    const end = this.endOf(pattern, this.start);
    if (end === this.start) throw new UncertainCode();
    return end;
  }

  private endOf(pattern: RegExp, from: number): number {
    pattern.lastIndex = from;
    return pattern.test(this.code) ? pattern.lastIndex : from;
  }
}

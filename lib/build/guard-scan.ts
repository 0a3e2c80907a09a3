/**
 * Finds the same edits as guard-edits.ts in code that esbuild has printed, without parsing it.
 *
 * Babel's parser takes as long over a bundle as esbuild takes to make it. What esbuild prints is
 * regular (a semicolon ends every statement, comments stand in few places), so following the
 * brackets is enough to know where functions and loops begin and end.
 *
 * - N1 Whatever is not certain gives null, and the code is parsed instead. So does every result that
 *   V8 does not compile (guard-cache.ts).
 * - N2 A test compares the two on the output of real packages.
 */
import type { Edit, EditKind } from "./guard-edits";
import type { Awaited, ClassMembers, Head, Level, Naming, Role } from "./scan-level";
import { TokenReader, UncertainCode } from "./token-reader";

const BEFORE_EXPRESSION = new Set(
  "return typeof instanceof in of new delete void throw case do else yield await extends".split(
    " ",
  ),
);
const BEFORE_BLOCK = new Set(["else", "try", "finally", "catch"]);
const HEADS: Record<string, Head> = {
  for: "loop",
  while: "loop",
  if: "if",
  switch: "other",
  catch: "other",
  with: "other",
};
const DIRECTIVE = /\s*(?:"[^"\n]*"|'[^'\n]*');/y;
const NEXT_WORD = /[a-z]+/y;
const NEXT_CHARACTER = /[^]/y;
const CLASS_FOLLOWS = /[\w$]+|\{/y;
const NAMING_STATEMENT = /__name\(([\w$]+), "([^"\\]*)"\);/y;
const NAMED_PLACE = /(?:^|[^.\w$])([\w$]+) = \/\* @__PURE__ \*\/ $/;
const ANONYMOUS = /\((?:async )?(?:function\*? ?\(|class (?:extends\b|\{)|\(|[\w$]+ =>)/y;

/** Null when it is not certain. */
export function scanGuardEdits(code: string, removesNaming: boolean): Edit[] | null {
  try {
    return new GuardScan(code, removesNaming).run();
  } catch (error) {
    if (error instanceof UncertainCode) return null;
    throw error;
  }
}

class GuardScan {
  private readonly reader: TokenReader;
  private readonly edits: Edit[] = [];
  private readonly levels: Level[] = [{ role: "statements", open: 0 }];
  private awaited: Awaited | undefined;
  private head: Head | undefined;
  // The token before.
  private before = ";";
  private beforeKind: TokenReader["kind"] = "punctuator";
  private beforeEnd = 0;
  /** Of a word: it names a property. Of `)`: a statement follows. Of `:`: it is a label's. */
  private beforeIsSpecial = false;

  constructor(
    private readonly code: string,
    private readonly removesNaming: boolean,
  ) {
    this.reader = new TokenReader(code);
  }

  run(): Edit[] {
    const { reader } = this;
    for (;;) {
      reader.read(this.slash());
      if (reader.kind === "end") break;
      const isSpecial = this.visitToken();
      this.beforeEnd = reader.end;
      // What may follow is what might have followed without it.
      if (reader.text === "++" || reader.text === "--") continue;
      this.before = reader.text;
      this.beforeKind = reader.kind;
      this.beforeIsSpecial = isSpecial;
    }
    if (this.levels.length !== 1 || this.awaited) throw new UncertainCode();
    return this.edits;
  }

  private slash(): "division" | "expression" | "unknown" {
    if (this.beforeKind === "value") return "division";
    if (this.beforeKind === "word") {
      return !this.beforeIsSpecial && BEFORE_EXPRESSION.has(this.before)
        ? "expression"
        : "division";
    }
    if (this.before === ")") return this.beforeIsSpecial ? "expression" : "division";
    if (this.before === "}") return "unknown";
    return this.before === "]" || this.before === "`" ? "division" : "expression";
  }

  private visitToken(): boolean {
    const { reader } = this;
    if (this.awaited && this.beginAwaited(this.awaited)) return false;
    const head = this.head;
    if (reader.text !== "await") this.head = undefined;
    if (reader.kind === "word") return this.visitWord(reader.text);
    if (reader.kind === "value") return false;
    switch (reader.text) {
      case "(":
        this.push("paren", head ? { head } : {});
        break;
      case "[":
        this.push("bracket");
        break;
      case "{":
        this.openBrace();
        break;
      case ")":
      case "]":
      case "}":
        return this.close(reader.text);
      case "`":
        this.visitTemplate();
        break;
      default:
        return this.visitPunctuator(reader.text);
    }
    return false;
  }

  private visitPunctuator(text: string): boolean {
    const { top } = this;
    switch (text) {
      case ";":
        this.endStatement();
        return false;
      case ",":
        this.endArrows();
        if (this.top.naming) this.top.naming.comma = this.beforeEnd;
        return false;
      case "?":
        top.open++;
        return false;
      case ":":
        return this.visitColon();
      case "=>":
        this.awaited = "arrow-body";
        return false;
      case "=":
        if (top.members && !top.members.isStatic) top.members.hasField = true;
        return false;
      default:
        return false;
    }
  }

  private visitWord(word: string): boolean {
    const { top } = this;
    if (this.before === "." || this.before === "?.") return true;
    if (top.members) this.visitMember(word, top.members);
    else if (this.isInStatements()) this.visitKeyword(word);
    if (word === "class" && this.reader.peek(CLASS_FOLLOWS) !== "") this.top.awaitsClass = true;
    if (word === "__name" && this.removesNaming) this.visitNaming();
    return false;
  }

  private visitKeyword(word: string): void {
    if (word === "do") this.awaited = "do-body";
    else if (word === "case" || word === "default") this.top.inCase = true;
    else if (Object.hasOwn(HEADS, word)) {
      this.head = this.top.role === "do-tail" ? "other" : HEADS[word];
    }
  }

  private visitMember(word: string, members: ClassMembers): void {
    const isName = word === "constructor" && this.reader.peek(NEXT_CHARACTER) === "(";
    if (members.atStart) {
      members.isStatic = word === "static";
      members.hasConstructor ||= isName;
    }
    members.atStart = false;
  }

  /** The first token of what belongs to an arrow, a loop, an `if` or a `do`; whether it is done with. */
  private beginAwaited(awaited: Awaited): boolean {
    const { reader } = this;
    this.awaited = undefined;
    const isBraced = reader.kind === "punctuator" && reader.text === "{";
    const isWatched = this.isInBody();
    if (awaited === "do-body" || (awaited === "if-body" && isWatched))
      this.push(awaited, { isBraced });
    if (isBraced) {
      this.push("statements", { isFunction: awaited === "arrow-body" });
      if (awaited === "arrow-body") this.guardBody();
      else if (awaited !== "if-body") this.edit(reader.end, "guard");
    } else if (awaited === "arrow-body") {
      this.edit(reader.start, "open-expression");
      this.push("arrow");
    } else if (awaited !== "if-body") {
      this.edit(reader.start, "open-block");
      if (awaited === "loop-body") this.push("loop-body");
    }
    return isBraced;
  }

  private openBrace(): void {
    const { top, before } = this;
    const startsStatement =
      [";", "{", "}"].includes(before) || (before === ":" && this.beforeIsSpecial);
    if (top.awaitsClass) {
      if (before === "extends") throw new UncertainCode();
      top.awaitsClass = false;
      const members = { atStart: true, isStatic: false, hasConstructor: false, hasField: false };
      this.push("class", { members });
    } else if (before === ")" && !this.beforeIsSpecial) {
      this.push("statements", { isFunction: true });
      this.guardBody();
    } else if (before === ")" || (this.isInStatements() && BEFORE_BLOCK.has(before))) {
      this.push("statements");
    } else if (top.role === "class") {
      if (before !== "static") throw new UncertainCode();
      this.push("statements", { isFunction: true });
    } else if (this.isInStatements() && startsStatement) {
      this.push("statements");
    } else {
      this.push("object");
    }
  }

  private close(text: ")" | "]" | "}"): boolean {
    this.endArrows();
    const level = this.levels.pop()!;
    if (this.levels.length === 0) throw new UncertainCode();
    const isRight =
      text === ")"
        ? level.role === "paren"
        : text === "]"
          ? level.role === "bracket"
          : ["statements", "object", "class", "template"].includes(level.role);
    if (!isRight) throw new UncertainCode();
    if (level.role === "template") this.visitTemplate();
    if (text === ")") return this.closeParen(level);
    if (level.members?.hasField && !level.members.hasConstructor) throw new UncertainCode();
    if (this.top.members) this.top.members.atStart = true;
    if (level.role === "statements" && !level.isFunction) this.endBlock();
    return false;
  }

  private closeParen({ head, naming }: Level): boolean {
    if (naming) this.endNaming(naming);
    if (head === "loop") this.awaited = "loop-body";
    if (head === "if") this.awaited = "if-body";
    return head !== undefined && this.top.role !== "do-tail";
  }

  private visitColon(): boolean {
    while (this.top.role === "arrow" && this.top.open === 0) this.endArrow();
    const { top } = this;
    if (top.open > 0) {
      top.open--;
      return false;
    }
    const isLabel = top.inCase === true || this.isInStatements();
    top.inCase = false;
    return isLabel;
  }

  private visitTemplate(): void {
    const hasHole = this.reader.readTemplate();
    if (hasHole) this.push("template");
    // Behind a hole's beginning stands an expression, behind a template an operator.
    this.reader.text = hasHole ? "${" : "`";
  }

  private endStatement(): void {
    this.endArrows();
    const { top } = this;
    if (top.members) top.members.atStart = true;
    if (top.role === "do-tail") this.levels.pop();
    this.endBodies();
  }

  private endBlock(): void {
    const isContinued = ["catch", "finally"].includes(this.reader.peek(NEXT_WORD));
    if (!isContinued) this.endBodies();
  }

  /** A statement has ended with the current token, and with it all that it was the last part of. */
  private endBodies(): void {
    while (this.isInBody() && this.top.role !== "do-tail") {
      const { role, isBraced } = this.levels.pop()!;
      if (role === "loop-body" || (role === "do-body" && !isBraced)) {
        this.edit(this.reader.end, "close-block");
      }
      if (role === "if-body" && this.reader.peek(NEXT_WORD) === "else") return;
      if (role === "do-body") return this.push("do-tail");
    }
  }

  private endArrows(): void {
    while (this.top.role === "arrow") this.endArrow();
  }

  private endArrow(): void {
    this.edit(this.beforeEnd, "close-expression");
    this.levels.pop();
  }

  private guardBody(): void {
    let end = this.reader.end;
    for (;;) {
      DIRECTIVE.lastIndex = end;
      if (!DIRECTIVE.test(this.code)) break;
      end = DIRECTIVE.lastIndex;
    }
    this.edit(end, end === this.reader.end ? "guard" : "guard-after-directives");
  }

  private visitNaming(): void {
    const { code, reader, edits } = this;
    NAMING_STATEMENT.lastIndex = reader.start;
    const statement = this.isInStatements() ? NAMING_STATEMENT.exec(code) : null;
    if (statement && statement[1] === statement[2]) {
      edits.push({ start: reader.start, end: NAMING_STATEMENT.lastIndex, kind: "remove" });
      reader.skipTo(NAMING_STATEMENT.lastIndex);
      reader.kind = "punctuator";
      reader.text = ";";
      return this.endStatement();
    }
    const name = NAMED_PLACE.exec(code.slice(Math.max(0, reader.start - 120), reader.start))?.[1];
    ANONYMOUS.lastIndex = reader.end;
    if (name === undefined || this.top.members || !ANONYMOUS.test(code)) return;
    const edit: Edit = { start: reader.start, end: reader.end + 1, kind: "remove" };
    edits.push(edit);
    reader.read("division");
    this.push("paren", { naming: { name, edit, comma: reader.end } });
  }

  private endNaming({ name, edit, comma }: Naming): void {
    const { end } = this.reader;
    const isSame = this.code.slice(comma, end) === `, ${JSON.stringify(name)})`;
    if (isSame) this.edits.push({ start: comma, end, kind: "remove" });
    else edit.end = edit.start;
  }

  private get top(): Level {
    return this.levels[this.levels.length - 1]!;
  }

  private isInStatements(): boolean {
    return this.top.role === "statements" || this.isInBody();
  }

  private isInBody(): boolean {
    const { role } = this.top;
    return role === "loop-body" || role === "if-body" || role === "do-body" || role === "do-tail";
  }

  private push(role: Role, more: Partial<Level> = {}): void {
    this.levels.push({ role, open: 0, ...more });
  }

  private edit(at: number, kind: EditKind): void {
    this.edits.push({ start: at, end: at, kind });
  }
}

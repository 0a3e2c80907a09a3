/**
 * Guards the output of one workflow piece by piece.
 *
 * esbuild writes one module behind the other, each below a comment with its path. Workflows share
 * most modules and an edit changes few, so each piece is parsed once and kept by its text.
 * A piece that does not parse on its own was cut at the wrong place (a template literal may hold
 * such a line): then the whole output is parsed instead.
 */
import { findGuardEdits } from "./guard-edits";
import { scanGuardEdits } from "./guard-scan";
import { addGuards, type GuardedCode, type GuardNames, type PlacedText } from "./guarded-code";

export interface GuardedOutput extends GuardedCode {
  /** Whether all of it is valid in strict mode, as ES modules want to run. */
  strict: boolean;
}

export interface BundlerOutput {
  code: string;
  /** The modules in it, as the comments above them call them. */
  inputs: ReadonlySet<string>;
}

interface GuardedPiece extends GuardedCode {
  strict: boolean;
}

// With `strict` in the tsconfig there is a directive before it.
const OPENING = /^(?:"use strict";\n)?\(\(\) => \{\n/;
const CLOSING = "})();\n";
const MODULE_COMMENT = /^ {2}\/\/ (.+)\n/gm;
// How esbuild defines it; anything else of that name is somebody else's.
const NAMING = '__defProp(target, "name", { value, configurable: true })';
const FOREIGN_NAMING = /function\*?\s+__name\b|\b__name\b(?!\()/;

export class GuardCache {
  private pieces = new Map<string, GuardedPiece>();
  private readonly outputs = new WeakMap<
    BundlerOutput,
    { pieces: string[]; result: GuardedOutput }
  >();

  constructor(readonly names: GuardNames) {}

  /** Throws a SyntaxError when the output is no JavaScript that Babel's parser knows. */
  guard(output: BundlerOutput): GuardedOutput {
    const known = this.outputs.get(output);
    if (known) return known.result;
    const pieces = splitOutput(output.code, output.inputs);
    const result = this.guardPieces(pieces, output.code);
    this.outputs.set(output, { pieces, result });
    return result;
  }

  /** Forgets the pieces that none of these outputs has. */
  retain(outputs: BundlerOutput[]): void {
    const kept = new Map<string, GuardedPiece>();
    for (const piece of outputs.flatMap((output) => this.outputs.get(output)?.pieces ?? [])) {
      const guarded = this.pieces.get(piece);
      if (guarded) kept.set(piece, guarded);
    }
    this.pieces = kept;
  }

  private guardPieces(pieces: string[], code: string): GuardedOutput {
    const hasNaming = pieces.some((piece) => piece.includes(NAMING));
    try {
      return joinPieces(
        pieces.map((piece) => this.guardPiece(piece, hasNaming)),
        pieces,
      );
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.guardPiece(code, false);
    }
  }

  private guardPiece(piece: string, hasNaming: boolean): GuardedPiece {
    const known = this.pieces.get(piece);
    if (known) return known;
    const guarded = guardText(piece, this.names, hasNaming);
    this.pieces.set(piece, guarded);
    return guarded;
  }
}

function guardText(code: string, names: GuardNames, hasNaming: boolean): GuardedPiece {
  const isWrapper = code === CLOSING || OPENING.exec(code)?.[0] === code;
  if (isWrapper) return { code, edits: [], strict: true };
  const removesNaming = hasNaming && !FOREIGN_NAMING.test(code);
  const scanned = scanGuardEdits(code, removesNaming);
  if (scanned) {
    const guarded = addGuards(code, names, scanned);
    if (isStrictCode(guarded.code)) return { ...guarded, strict: true };
  }
  try {
    const edits = findGuardEdits(code, { strict: true, removesNaming });
    return { ...addGuards(code, names, edits), strict: true };
  } catch {
    const edits = findGuardEdits(code, { strict: false, removesNaming });
    return { ...addGuards(code, names, edits), strict: false };
  }
}

/** Compiles the code and does not run it. */
function isStrictCode(code: string): boolean {
  try {
    return new Function(`"use strict"; () => {\n${code}\n}`) instanceof Function;
  } catch {
    return false;
  }
}

/** The pieces, put together again, are the output. */
export function splitOutput(code: string, inputs: ReadonlySet<string>): string[] {
  const opening = OPENING.exec(code)?.[0];
  if (opening === undefined || !code.endsWith(CLOSING)) return [code];
  const cuts = [opening.length];
  for (const match of code.matchAll(MODULE_COMMENT)) {
    if (inputs.has(match[1]!) && match.index > opening.length) cuts.push(match.index);
  }
  const end = code.length - CLOSING.length;
  const modules = cuts.map((cut, index) => code.slice(cut, cuts[index + 1] ?? end));
  return [opening, ...modules, CLOSING];
}

function joinPieces(guarded: GuardedPiece[], pieces: string[]): GuardedOutput {
  const edits: PlacedText[] = [];
  let offset = 0;
  guarded.forEach((piece, index) => {
    for (const edit of piece.edits) {
      edits.push({ start: edit.start + offset, end: edit.end + offset, text: edit.text });
    }
    offset += pieces[index]!.length;
  });
  return {
    code: guarded.map((piece) => piece.code).join(""),
    edits,
    strict: guarded.every((piece) => piece.strict),
  };
}

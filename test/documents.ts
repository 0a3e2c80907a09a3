/** Reads what tests want to check in Markdown files. */
export interface CodeBlock {
  /** The word behind the fence; empty if there is none. */
  language: string;
  code: string;
  /** Of the fence, from 1. */
  line: number;
}

export function codeBlocks(markdown: string): CodeBlock[] {
  const fences = markdown.matchAll(/^```(\w*)[^\n]*\n([\s\S]*?)^```$/gm);
  return [...fences].map(({ 1: language = "", 2: code = "", index }) => ({
    language,
    code,
    line: markdown.slice(0, index).split("\n").length,
  }));
}

/** The text below each heading of the second level. */
export function sectionsOf(markdown: string): Map<string, string> {
  const [, ...parts] = markdown.split(/^## /m);
  return new Map(parts.map((part) => splitAt(part, part.indexOf("\n"))));
}

function splitAt(text: string, index: number): [string, string] {
  return [text.slice(0, index), text.slice(index).trim()];
}

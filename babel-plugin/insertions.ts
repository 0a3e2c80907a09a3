import type { NodePath, types as t } from "@babel/core";
import { statementOf } from "./builders";

interface Insertion {
  siblings: t.Statement[];
  /** The statement to stand behind; null for the top. */
  behind: t.Statement | null;
  statement: t.Statement;
}

/** Collects the statements a mode adds, and puts them in place in the order they were asked for. */
export class Insertions {
  #insertions: Insertion[] = [];

  /** Behind the statement that `path` belongs to: there, what it declares has its value. */
  after(path: NodePath, statement: t.Statement): void {
    const { node, container } = statementOf(path);
    this.#insertions.push({ siblings: container as t.Statement[], behind: node, statement });
  }

  /** At the top of the statements around `path`: function declarations have their value there. */
  atTopAround(path: NodePath, statement: t.Statement): void {
    this.atTopOf(statementOf(path).container as t.Statement[], statement);
  }

  atTopOf(siblings: t.Statement[], statement: t.Statement): void {
    this.#insertions.push({ siblings, behind: null, statement });
  }

  apply(): void {
    // From the last to the first, so that each lands directly at its place, ahead of later ones.
    for (const { siblings, behind, statement } of this.#insertions.reverse()) {
      const at = behind === null ? topOf(siblings) : siblings.indexOf(behind) + 1;
      if (behind !== null) leaveComments(behind, siblings[at]);
      siblings.splice(at, 0, statement);
    }
  }
}

/** A comment ahead of a statement is also known as one behind its neighbour; it stays ahead. */
function leaveComments(behind: t.Statement, next: t.Statement | undefined): void {
  const ahead = new Set(next?.leadingComments);
  behind.trailingComments = behind.trailingComments?.filter((comment) => !ahead.has(comment));
}

/** Behind the imports, which run first anyway. */
function topOf(siblings: t.Statement[]): number {
  const index = siblings.findIndex(({ type }) => type !== "ImportDeclaration");
  return index === -1 ? siblings.length : index;
}

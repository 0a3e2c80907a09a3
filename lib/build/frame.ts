/** The lines around a place in a source file, with a caret under it; line and column from 1. */
export function codeFrame(text: string, line: number, column: number): string {
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, line - 2);
  const last = Math.min(lines.length, line + 2);
  const width = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number++) {
    const label = String(number).padStart(width);
    const content = lines[number - 1] ?? "";
    shown.push(`${number === line ? ">" : " "} ${label} | ${content}`.trimEnd());
    if (number === line) {
      const indent = content.slice(0, column - 1).replace(/[^\t]/g, " ");
      shown.push(`  ${" ".repeat(width)} | ${indent}^`);
    }
  }
  return shown.join("\n");
}

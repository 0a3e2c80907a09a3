/** What the calls take as options, checked before anything of them is counted or stored. */

/** None at all is as good as none given. */
export function optionsOf<O extends object>(
  options: O | null | undefined,
  call: string,
): Partial<O> {
  if (options === undefined || options === null) return {};
  if (typeof options === "object") return options;
  throw new TypeError(`The options of ${call} must be an object`);
}

export function optionText(value: unknown, what: string): string | undefined {
  if (value === undefined || (typeof value === "string" && value !== "")) return value;
  throw new TypeError(`${what} must be a string that is not empty`);
}

/**
 * What all schema libraries have in common, as far as hooks need it: the Standard Schema interface,
 * version 1, and its JSON Schema part. Spelt out here, so that no library has to be installed.
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly "~standard": StandardProps<Input, Output>;
}

export interface StandardProps<Input = unknown, Output = Input> {
  readonly version: 1;
  readonly vendor: string;
  readonly validate: (
    value: unknown,
  ) => ValidationResult<Output> | Promise<ValidationResult<Output>>;
  /** For the type checker only. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

export type ValidationResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly PayloadIssue[] };

/** One thing that is wrong with a payload, and where in it. */
export interface PayloadIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** A JSON Schema as an object: one that is spelt out, or of any interface. */
export type JsonSchema =
  | { readonly "~standard"?: never; readonly [keyword: string]: unknown }
  | (object & { readonly "~standard"?: never });

/** What makes JSON Schemas of a Standard Schema; libraries need not have it. */
export interface JsonSchemaSource {
  jsonSchema?: { input?: (options: { target: string }) => unknown };
}

/** Null for what does not keep to the standard. Schemas of some libraries are functions. */
export function standardOf(value: unknown): (StandardProps & JsonSchemaSource) | null {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return null;
  const props = (value as Partial<StandardSchemaV1>)["~standard"];
  return typeof props?.validate === "function" ? props : null;
}

/** `.items[0].name`; empty for the value itself. */
export function describePath({ path = [] }: PayloadIssue): string {
  let text = "";
  for (const each of path) {
    const key = typeof each === "object" ? each.key : each;
    text += typeof key === "number" ? `[${key}]` : `.${String(key)}`;
  }
  return text;
}

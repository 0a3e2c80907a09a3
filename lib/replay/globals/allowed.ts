/**
 * What workflow code finds in its realm. Names that are not here are deleted, so what a new line of
 * Node adds is absent until somebody has looked at it and knows that it is deterministic.
 */
import { PRELUDE_SYMBOL } from "../../contract/prelude";

/** Own properties of `globalThis`: those of the language, then those that are installed here. */
export const ALLOWED_GLOBALS: readonly PropertyKey[] = [
  ...["globalThis", "Infinity", "NaN", "undefined", "eval", "isFinite", "isNaN", "parseFloat"],
  ...["parseInt", "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape"],
  ...["unescape", "Object", "Function", "Boolean", "Symbol", "Number", "BigInt", "Math", "Date"],
  ...["String", "RegExp", "Array", "Map", "Set", "WeakMap", "WeakSet", "ArrayBuffer", "DataView"],
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array"],
  ...["Uint32Array", "BigInt64Array", "BigUint64Array", "Float16Array", "Float32Array"],
  ...["Float64Array", "JSON", "Promise", "Proxy", "Reflect", "Iterator", "Intl", "Temporal"],
  ...["Error", "AggregateError", "EvalError", "RangeError", "ReferenceError", "SuppressedError"],
  ...["SyntaxError", "TypeError", "URIError", "DisposableStack", "AsyncDisposableStack"],
  ...["console", "crypto", "performance", "process", "queueMicrotask", "structuredClone", "fetch"],
  ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval"],
  ...["clearImmediate", "atob", "btoa", "TextEncoder", "TextDecoder", "URL", "URLSearchParams"],
  ...["Headers", "Request", "Response", "FormData", "Blob", "File", "DOMException"],
  ...["ReadableStream", "WritableStream", "TransformStream"],
  PRELUDE_SYMBOL,
];

/** Known and taken away: they show when memory is collected, share memory, or are native code. */
export const REMOVED_GLOBALS: readonly string[] = [
  ...["Atomics", "FinalizationRegistry", "SharedArrayBuffer", "WeakRef", "WebAssembly", "gc"],
];

/** Members of `Intl`: each constructor among them is given a fixed language and zone. */
export const ALLOWED_INTL: readonly PropertyKey[] = [
  ...["Collator", "DateTimeFormat", "DisplayNames", "DurationFormat", "ListFormat", "Locale"],
  ...["NumberFormat", "PluralRules", "RelativeTimeFormat", "Segmenter", "getCanonicalLocales"],
  ...["supportedValuesOf", Symbol.toStringTag],
];

export const ALLOWED_TEMPORAL: readonly PropertyKey[] = [
  ...["Duration", "Instant", "Now", "PlainDate", "PlainDateTime", "PlainMonthDay", "PlainTime"],
  ...["PlainYearMonth", "ZonedDateTime", Symbol.toStringTag],
];

/** Members of `Temporal.Now`, each of which reads the clock of the run. */
export const ALLOWED_TEMPORAL_NOW: readonly PropertyKey[] = [
  ...["instant", "plainDateISO", "plainDateTimeISO", "plainTimeISO", "timeZoneId"],
  ...["zonedDateTimeISO", Symbol.toStringTag],
];

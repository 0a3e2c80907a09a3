/** Classes that Node and the sandbox each have their own of; a realm without one has no row for it. */
import type { CodecRealm, WebClass, WebClassName } from "../codec-realm";
import { type CodecType, MalformedParts, textPart } from "../codec-type";
import { tagOf } from "../describe";

interface HeaderList {
  append(name: string, value: string): void;
  forEach(visit: (value: string, name: string) => void): void;
}

/** A class of the sandbox may have no tag; a value of another realm has nothing else. */
export function webTypes(realm: CodecRealm): readonly CodecType[] {
  return [
    ...rowIfPresent(realm, "URL", (constructor) => ({
      toParts: (url) => [String((url as { href: unknown }).href)],
      create: (parts) => new constructor(textPart(parts, 0)),
    })),
    ...rowIfPresent(realm, "URLSearchParams", (constructor) => ({
      toParts: (params) => [String(params)],
      create: (parts) => new constructor(textPart(parts, 0)),
    })),
    ...rowIfPresent(realm, "Headers", (constructor) => ({
      toParts: headerParts,
      create: headers(constructor),
    })),
  ];
}

function rowIfPresent(
  realm: CodecRealm,
  name: WebClassName,
  row: (constructor: WebClass) => Pick<CodecType, "toParts" | "create">,
): CodecType[] {
  const constructor = realm.webClass(name);
  if (!constructor) return [];
  const { prototype } = constructor;
  const is = (value: object) => Object.getPrototypeOf(value) === prototype || tagOf(value) === name;
  return [{ name, prototype, hasNoFields: true, is, ...row(constructor) }];
}

/** Each name with each of its values: `set-cookie` has many that must not be joined. */
function headerParts(headers: object): unknown[] {
  const parts: string[] = [];
  (headers as HeaderList).forEach((value, name) => parts.push(name, value));
  return parts;
}

function headers(constructor: WebClass): CodecType["create"] {
  return (parts) => {
    if (parts.length % 2 !== 0) throw new MalformedParts("a header without a value");
    const headers = new constructor() as HeaderList & object;
    for (let index = 0; index < parts.length; index += 2) {
      headers.append(textPart(parts, index), textPart(parts, index + 1));
    }
    return headers;
  };
}

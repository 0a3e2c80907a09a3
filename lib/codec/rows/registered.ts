/** What a program registers: steps and classes as values, and instances of its classes. */
import { SerializationError } from "../../contract/error";
import type { CodecRealm } from "../codec-realm";
import { type CodecType, MalformedParts, textPart } from "../codec-type";
import { messageOf, notSerializable, shownMessage } from "../refusal";
import { isOurs } from "../unreadable";

const SERIALIZE = Symbol.for("workflow-serialize");
const DESERIALIZE = Symbol.for("workflow-deserialize");

interface SerializableClass {
  readonly name: string;
  readonly prototype: object;
  [SERIALIZE]?: (instance: object) => unknown;
  [DESERIALIZE]?: (data: unknown) => object;
}

/** The values that a nested step closed over, and the receiver it is bound to, travel with it. */
export function stepType(realm: CodecRealm): CodecType {
  return {
    name: "Step",
    is: (value) => typeof value === "function" && realm.stepOf(value as never) !== null,
    toParts(value) {
      const { id, captured, receiver } = realm.stepOf(value as never)!;
      if (receiver !== undefined) return [id, captured, receiver];
      return captured === undefined ? [id] : [id, captured];
    },
    create(parts) {
      const [id, captured] = [textPart(parts, 0), parts[1]];
      if (captured !== undefined && !isRecord(captured)) throw new MalformedParts("no captures");
      try {
        return realm.makeStep(id, captured, parts[2]) as object;
      } catch (thrown) {
        if (isOurs(thrown)) throw thrown;
        const text = messageOf(thrown) || `Step "${id}" not found`;
        throw new SerializationError("VALUE_UNREADABLE", text, { cause: thrown });
      }
    },
    pathTo: (index) => (index === 1 ? ".captured" : index === 2 ? ".this" : ""),
  };
}

/** A class by reference. */
export function classType(realm: CodecRealm): CodecType {
  return {
    name: "Class",
    is: (value) => typeof value === "function" && realm.classIdOf(value) !== null,
    toParts: (value) => [realm.classIdOf(value)],
    create: (parts) => findClass(realm, textPart(parts, 0)),
  };
}

export function instanceType(realm: CodecRealm): CodecType {
  return {
    name: "Instance",
    is: (value) => registeredClassOf(value, realm) !== null,
    toParts(value) {
      const { constructor, id } = registeredClassOf(value, realm)!;
      try {
        return [id, constructor[SERIALIZE]!(value)];
      } catch (thrown) {
        const what = `an instance of ${constructor.name} whose "workflow-serialize" threw`;
        throw notSerializable(what + shownMessage(thrown), thrown);
      }
    },
    create(parts) {
      const id = textPart(parts, 0);
      const constructor = findClass(realm, id) as SerializableClass;
      const deserialize = constructor[DESERIALIZE];
      if (typeof deserialize !== "function") {
        throw new MalformedParts(`class "${id}" has no method "workflow-deserialize"`);
      }
      try {
        return Reflect.apply(deserialize, constructor, [parts[1]]);
      } catch (thrown) {
        if (isOurs(thrown)) throw thrown;
        const what = `A stored value cannot be read: "workflow-deserialize" of class "${id}" threw`;
        throw new SerializationError("CLASS_THREW", `${what}${shownMessage(thrown)}.`, {
          cause: thrown,
        });
      }
    },
  };
}

/** What keeps an instance from being stored although its class has the methods, for messages. */
export function missingRegistration(value: object, realm: CodecRealm): string {
  const constructor = constructorOf(value);
  if (constructor === null || !(SERIALIZE in constructor)) return "";
  if (!hasMethods(constructor)) return ", a class without both methods";
  return realm.classIdOf(constructor) === null ? ", a class that is not registered" : "";
}

/** With the first alone, what is stored could not be read. */
function hasMethods(constructor: SerializableClass): boolean {
  return (
    typeof constructor[SERIALIZE] === "function" && typeof constructor[DESERIALIZE] === "function"
  );
}

function registeredClassOf(value: object, realm: CodecRealm) {
  const constructor = constructorOf(value);
  if (constructor === null || !hasMethods(constructor)) return null;
  const id = realm.classIdOf(constructor);
  return id === null ? null : { constructor, id };
}

/** Null for an object whose prototype is no class's. */
function constructorOf(value: object): SerializableClass | null {
  const proto = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
  if (proto === null || !Object.hasOwn(proto, "constructor")) return null;
  const { constructor } = proto;
  const isClass = typeof constructor === "function" && constructor.prototype === proto;
  return isClass ? (constructor as unknown as SerializableClass) : null;
}

function findClass(realm: CodecRealm, id: string): object {
  const found = realm.classOf(id);
  if (found !== null) return found;
  throw new SerializationError(
    "CLASS_NOT_FOUND",
    `Class "${id}" not found, and a stored value holds it or one of its instances.`,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

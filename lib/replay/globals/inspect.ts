/**
 * Values as text for the console, the way Node shows them. Getters are not called; proxies, names of
 * errors and `Symbol.toStringTag` can run code of the workflow, but nothing they throw gets out.
 * Works whatever became of the prototypes of arrays, strings and maps.
 */
import { contentsOf, hasContents } from "./inspect-contents";
import { type Form, formOf } from "./inspect-form";
import { layOut } from "./inspect-layout";
import { classNameOf } from "./inspect-name";
import { propertiesOf, propertyText } from "./inspect-property";
import { primitiveText } from "./inspect-text";
import { append, isObject } from "./intrinsics";
import { platformClassOf } from "./platform-class";

export const USUAL_DEPTH = 2;

export function inspect(value: unknown, depth = USUAL_DEPTH): string {
  return new Inspector(depth).show(value, 0, 0);
}

class Inspector {
  /** The objects around the one that is being shown. */
  private readonly path: object[] = [];
  /** Those that turned out to contain themselves. */
  private readonly circular: object[] = [];
  /** The level of the object that was shown last. */
  private latestLevel = 0;

  constructor(private readonly depth: number) {}

  show(value: unknown, level: number, indentation: number): string {
    if (!isObject(value)) return primitiveText(value);
    const { length } = this.path;
    try {
      return this.showObject(value, level, indentation);
    } catch {
      this.path.length = length;
      return "[Object that cannot be shown]";
    }
  }

  private showObject(object: object, level: number, indentation: number): string {
    if (indexOf(this.path, object) !== -1) return `[Circular *${this.markCircular(object)}]`;
    const platformClass = platformClassOf(object);
    if (platformClass) {
      const shown = this.show(platformClass.show(object), level, indentation);
      return `${platformClass.name} ${shown}`;
    }
    const form = formOf(object);
    const keys = propertiesOf(object, form);
    const isEmpty = keys.length === 0 && !hasContents(object, form.kind);
    if (isEmpty && form.standsAlone) return form.head;
    if (!isEmpty && level > this.depth) {
      return `[${classNameOf(object) ?? "Object: null prototype"}]`;
    }
    return this.showContents(object, form, keys, level, indentation);
  }

  private showContents(
    object: object,
    { kind, head, isList }: Form,
    keys: PropertyKey[],
    level: number,
    indentation: number,
  ): string {
    this.latestLevel = level;
    append(this.path, object);
    const show = (value: unknown) => this.show(value, level + 1, indentation + 2);
    const entries = contentsOf(object, kind, show);
    for (let index = 0; index < keys.length; index++) {
      append(entries, propertyText(object, keys[index] as PropertyKey, show));
    }
    this.path.length--;
    const circular = indexOf(this.circular, object);
    const levels = this.latestLevel - level;
    const prefix =
      circular === -1 ? head : `<ref *${circular + 1}>${head === "" ? "" : ` ${head}`}`;
    return layOut(entries, { prefix, isList, indentation, levels });
  }

  /** Its number among the circular ones, from 1. */
  private markCircular(object: object): number {
    const known = indexOf(this.circular, object);
    if (known !== -1) return known + 1;
    append(this.circular, object);
    return this.circular.length;
  }
}

function indexOf(objects: object[], object: object): number {
  for (let index = 0; index < objects.length; index++) if (objects[index] === object) return index;
  return -1;
}

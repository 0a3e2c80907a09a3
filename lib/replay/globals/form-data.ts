/** `FormData`: names with texts and files. */
import { blobClasses } from "./blob";
import { define, once } from "./define";
import { isObject, RealmTypeError } from "./intrinsics";
import { iteratePairs, matcher, type PairOf, setPair } from "./pair-list";
import { registerClass } from "./platform-class";
import { usvString } from "./usv-string";

export type FormFile = InstanceType<ReturnType<typeof blobClasses>["File"]>;
export type FormValue = string | FormFile;
type FormPair = PairOf<FormValue>;
type Visit = (value: FormValue, name: string, form: unknown) => void;

export const formDataClass = once(() => {
  class FormData {
    #pairs: FormPair[] = [];

    constructor(form: unknown = undefined) {
      if (form !== undefined) throw new RealmTypeError("There are no forms to make FormData of");
    }
    append(name: unknown, value: unknown, filename: unknown = undefined): void {
      this.#pairs = [...this.#pairs, [usvString(name), formValue(value, filename)]];
    }
    delete(name: unknown): void {
      const isMeant = matcher<FormValue>(usvString(name));
      this.#pairs = this.#pairs.filter((pair) => !isMeant(pair));
    }
    get(name: unknown): FormValue | null {
      return this.#pairs.find(matcher(usvString(name)))?.[1] ?? null;
    }
    getAll(name: unknown): FormValue[] {
      return this.#pairs.filter(matcher(usvString(name))).map(([, value]) => value);
    }
    has(name: unknown): boolean {
      return this.#pairs.some(matcher(usvString(name)));
    }
    set(name: unknown, value: unknown, filename: unknown = undefined): void {
      this.#pairs = setPair(this.#pairs, usvString(name), formValue(value, filename));
    }
    forEach(visit: Visit, receiver: unknown = undefined): void {
      for (const [name, value] of this.entries()) visit.call(receiver, value, name, this);
    }
    entries(): IterableIterator<FormPair> {
      return iteratePairs(
        () => this.#pairs,
        ([name, value]): FormPair => [name, value],
      );
    }
    keys(): IterableIterator<string> {
      return iteratePairs(
        () => this.#pairs,
        ([name]) => name,
      );
    }
    values(): IterableIterator<FormValue> {
      return iteratePairs(
        () => this.#pairs,
        ([, value]) => value,
      );
    }
  }
  define(FormData.prototype, Symbol.iterator, FormData.prototype.entries);
  registerClass(FormData, {
    name: "FormData",
    show: (form) => Object.fromEntries(form.entries()),
  });
  return FormData;
});

/** Bytes without a name get one. */
function formValue(value: unknown, filename: unknown): FormValue {
  const { File, bytesIn } = blobClasses();
  if (!isObject(value) || bytesIn(value) === undefined) {
    if (filename === undefined) return usvString(value);
    throw new RealmTypeError("Only a file can have a file name");
  }
  if (value instanceof File && filename === undefined) return value;
  const name = filename ?? (value instanceof File ? value.name : "blob");
  return new File([value], name, value);
}

/** Values of the language that hold no others. */
import { hasSlot, getterOf, numberPart, textPart, type TypeRow } from "../codec-type";

const timeOf = Date.prototype.getTime;
const sourceOf = getterOf(RegExp.prototype, "source");
const flagsOf = getterOf(RegExp.prototype, "flags");

export const DATE: TypeRow<Date> = {
  name: "Date",
  prototype: Date.prototype,
  hasNoFields: true,
  is: (value) => hasSlot(timeOf, value),
  toParts: (date) => [timeOf.call(date)],
  create: (parts) => new Date(numberPart(parts, 0)),
};

/** `lastIndex` belongs to a search that is under way, and does not travel. */
export const REGEXP: TypeRow<RegExp> = {
  name: "RegExp",
  prototype: RegExp.prototype,
  hasNoFields: true,
  is: (value) => hasSlot(sourceOf, value),
  toParts: (regexp) => [sourceOf.call(regexp), flagsOf.call(regexp)],
  create: (parts) => new RegExp(textPart(parts, 0), textPart(parts, 1)),
};

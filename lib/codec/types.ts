/**
 * The table of types: what is stored beyond JSON. `rows/` has the rows, in the order of this list.
 * A name stands in stored text for ever; what a row stores may grow, and old text must be read.
 */
import type { CodecRealm } from "./codec-realm";
import type { CodecType } from "./codec-type";
import { binaryTypes } from "./rows/binary";
import { MAP, SET } from "./rows/collections";
import { DATE, REGEXP } from "./rows/dates";
import { domExceptionType, ERROR } from "./rows/errors";
import { NULL_OBJECT, SPARSE_ARRAY } from "./rows/objects";
import { classType, instanceType, stepType } from "./rows/registered";
import { FATAL_ERROR, RETRYABLE_ERROR } from "./rows/step-errors";
import { webTypes } from "./rows/web";

/** The classes of this realm are looked up when this is called. */
export function createTypes(realm: CodecRealm): readonly CodecType[] {
  return [
    NULL_OBJECT,
    SPARSE_ARRAY,
    DATE,
    REGEXP,
    MAP,
    SET,
    ...binaryTypes(),
    ...webTypes(realm),
    stepType(realm),
    classType(realm),
    instanceType(realm),
    FATAL_ERROR,
    RETRYABLE_ERROR,
    domExceptionType(realm),
    ERROR,
  ];
}

/** The limits of a stored value. They are part of the format: lowering one makes text unreadable. */

/** Objects, arrays and other values that hold values, one inside the other. */
export const MAX_DEPTH = 1_000;

/** Characters of stored text: 16 Mi. */
export const MAX_TEXT = 16 * 1024 * 1024;

/** Hexadecimal digits of a bigint: 4 million bits. */
export const MAX_BIGINT_DIGITS = 1_000_000;

/** Characters of a failure that is stored whole (`encodeError`): 1 Mi. A longer one is cut. */
export const MAX_ERROR_TEXT = 1024 * 1024;

/** What is kept of the message and the stack of a failure that is cut, and how many causes. */
export const CUT_MESSAGE = 16 * 1024;
export const CUT_STACK = 64 * 1024;
export const CUT_CAUSES = 8;

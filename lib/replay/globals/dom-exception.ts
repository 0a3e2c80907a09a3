/** `DOMException`: the error of the web's interfaces, told apart by its name. */
import { once } from "./define";
import { defineProperty, RealmError } from "./intrinsics";

/** The constant and the name for each number, from 1; names that are not in use have only the first. */
const LEGACY_CODES = [
  ["INDEX_SIZE_ERR", "IndexSizeError"],
  ["DOMSTRING_SIZE_ERR"],
  ["HIERARCHY_REQUEST_ERR", "HierarchyRequestError"],
  ["WRONG_DOCUMENT_ERR", "WrongDocumentError"],
  ["INVALID_CHARACTER_ERR", "InvalidCharacterError"],
  ["NO_DATA_ALLOWED_ERR"],
  ["NO_MODIFICATION_ALLOWED_ERR", "NoModificationAllowedError"],
  ["NOT_FOUND_ERR", "NotFoundError"],
  ["NOT_SUPPORTED_ERR", "NotSupportedError"],
  ["INUSE_ATTRIBUTE_ERR", "InUseAttributeError"],
  ["INVALID_STATE_ERR", "InvalidStateError"],
  ["SYNTAX_ERR", "SyntaxError"],
  ["INVALID_MODIFICATION_ERR", "InvalidModificationError"],
  ["NAMESPACE_ERR", "NamespaceError"],
  ["INVALID_ACCESS_ERR", "InvalidAccessError"],
  ["VALIDATION_ERR"],
  ["TYPE_MISMATCH_ERR", "TypeMismatchError"],
  ["SECURITY_ERR", "SecurityError"],
  ["NETWORK_ERR", "NetworkError"],
  ["ABORT_ERR", "AbortError"],
  ["URL_MISMATCH_ERR", "URLMismatchError"],
  ["QUOTA_EXCEEDED_ERR", "QuotaExceededError"],
  ["TIMEOUT_ERR", "TimeoutError"],
  ["INVALID_NODE_TYPE_ERR", "InvalidNodeTypeError"],
  ["DATA_CLONE_ERR", "DataCloneError"],
];

export type DomExceptionName =
  | "DataCloneError"
  | "InvalidCharacterError"
  | "NotSupportedError"
  | "QuotaExceededError"
  | "TypeMismatchError";

/** Made here, for what the globals themselves throw. */
export function domException(message: string, name: DomExceptionName): Error {
  const { DOMException } = domExceptions();
  return new DOMException(message, name) as unknown as Error;
}

/** The fields of an error are accessors here, which the type of `Error` does not foresee. */
const Base = RealmError as unknown as new () => object;

export const domExceptions = once(() => {
  class DOMException extends Base {
    readonly #message: string;
    readonly #name: string;

    constructor(message: unknown = "", options: unknown = "Error") {
      const isObject = typeof options === "object" && options !== null;
      const { name = "Error" } = (isObject ? options : { name: options }) as { name?: unknown };
      super();
      this.#message = `${message as string}`;
      this.#name = `${name as string}`;
      if (isObject && "cause" in options) {
        defineProperty(this, "cause", { value: options.cause, configurable: true, writable: true });
      }
    }

    get message(): string {
      return this.#message;
    }

    get name(): string {
      return this.#name;
    }

    get code(): number {
      return LEGACY_CODES.findIndex(([, name]) => name === this.#name) + 1;
    }

    get [Symbol.toStringTag](): string {
      return "DOMException";
    }
  }
  LEGACY_CODES.forEach(([constant = ""], index) => {
    const property = { value: index + 1, enumerable: true };
    defineProperty(DOMException, constant, property);
    defineProperty(DOMException.prototype, constant, property);
  });
  return { DOMException };
});

/** The classes of the sandbox behind names that the codec knows, whatever workflow code replaced. */
import type { CodecRealm, WebClass } from "../../codec/codec";
import { domExceptions } from "../globals/dom-exception";
import { headersClass } from "../globals/headers";
import { urlClass } from "../globals/url";
import { searchParamsClass } from "../globals/url-search-params";

const CLASSES = {
  URL: urlClass,
  URLSearchParams: () => searchParamsClass().URLSearchParams,
  Headers: headersClass,
  DOMException: () => domExceptions().DOMException,
};

export const webClass: CodecRealm["webClass"] = (name) => CLASSES[name]() as unknown as WebClass;

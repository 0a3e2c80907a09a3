/**
 * Puts the globals of workflow code into its realm, and takes away what is not on the list. Most are
 * made when they are first asked for: a realm is made for each live run, and few runs use many.
 */
import type { GlobalsHost } from "../realm/globals-host";
import { ALLOWED_GLOBALS, ALLOWED_INTL, ALLOWED_TEMPORAL, ALLOWED_TEMPORAL_NOW } from "./allowed";
import { installAtob } from "./atob";
import { blobClasses } from "./blob";
import type { ReadBody } from "./body";
import { guardCodeFromText } from "./code-from-text";
import { makeConsole, printUncaught } from "./console";
import { installRandom, makeCrypto } from "./crypto";
import { installDate } from "./date";
import { defineConstant, defineLazy, forgetMade, spoil } from "./define";
import { domExceptions } from "./dom-exception";
import { makeProcess } from "./environment";
import { formDataClass } from "./form-data";
import { adoptHost } from "./guarded-host";
import { headersClass } from "./headers";
import { pinIntl } from "./intl";
import { create, deleteProperty, ownKeys, RealmError } from "./intrinsics";
import { installLocaleMethods } from "./locale-methods";
import { adoptReadBody } from "./message";
import { installMicrotask } from "./microtask";
import { makePerformance } from "./performance-clock";
import { requestClass } from "./request";
import { responseClass } from "./response";
import { installStack } from "./stack";
import { streamClasses } from "./streams";
import { installStructuredClone } from "./structured-clone";
import { pinTemporal, type TemporalNamespace } from "./temporal";
import { makeTextDecoder } from "./text-decoder";
import { makeTextEncoder } from "./text-encoder";
import { installUint8ArrayText } from "./uint8array-text";
import { installUnavailable } from "./unavailable";
import { searchParamsClass } from "./url-search-params";
import { urlClass } from "./url";

/** Whom the globals ask, from now on: each run has a host of its own. */
export function adoptRun(host: GlobalsHost, readBody: ReadBody): void {
  adoptHost(host);
  adoptReadBody(readBody);
}

/** Once for a realm; `bundleName` is the file name under which the bundle was compiled. */
export function installGlobals(scope: typeof globalThis, bundleName: string): void {
  keepOnly(scope, ALLOWED_GLOBALS);
  pinNamespaces(scope as unknown as Record<string, object>);
  installDate(scope);
  installRandom();
  installLocaleMethods();
  installStack(scope, bundleName);
  guardCodeFromText(scope);
  installSymbols();
  installUnavailable(scope);
  installUint8ArrayText();
  installAtob(scope);
  installMicrotask(scope, printUncaught);
  installStructuredClone(scope);
  installOnDemand(scope);
}

/** After a run: as they were before it. False if that cannot be. */
export function resetGlobals(): boolean {
  // The setter takes the usual form for what is no function.
  RealmError.prepareStackTrace = undefined as never;
  return forgetMade();
}

/** What a new line of Node brings is gone until it is on the list. */
function keepOnly(target: object, allowed: readonly PropertyKey[]): void {
  const isAllowed = create(null) as Record<PropertyKey, true>;
  for (let index = 0; index < allowed.length; index++) {
    isAllowed[allowed[index] as PropertyKey] = true;
  }
  const names = ownKeys(target);
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as PropertyKey;
    if (!isAllowed[name]) deleteProperty(target, name);
  }
}

function pinNamespaces(scope: Record<string, object>): void {
  const { Intl: intl, Temporal: temporal } = scope;
  defineLazy(scope, "Intl", () => {
    spoil();
    keepOnly(intl!, ALLOWED_INTL);
    pinIntl(intl!);
    return intl;
  });
  if (temporal === undefined) return;
  defineLazy(scope, "Temporal", () => {
    spoil();
    keepOnly(temporal, ALLOWED_TEMPORAL);
    keepOnly((temporal as TemporalNamespace).Now, ALLOWED_TEMPORAL_NOW);
    pinTemporal(temporal as TemporalNamespace);
    return temporal;
  });
}

/** The symbols of `using`, which older lines of Node have in their own realm alone. */
function installSymbols(): void {
  for (const name of ["dispose", "asyncDispose"] as const) {
    if (Symbol[name] === undefined) defineConstant(Symbol, name, Symbol(`Symbol.${name}`));
  }
}

function installOnDemand(scope: object): void {
  const makers = {
    console: makeConsole,
    crypto: makeCrypto,
    performance: makePerformance,
    process: makeProcess,
    TextEncoder: makeTextEncoder,
    TextDecoder: makeTextDecoder,
    URL: urlClass,
    URLSearchParams: () => searchParamsClass().URLSearchParams,
    Headers: headersClass,
    Request: requestClass,
    Response: responseClass,
    FormData: formDataClass,
    Blob: () => blobClasses().Blob,
    File: () => blobClasses().File,
    DOMException: () => domExceptions().DOMException,
    ReadableStream: () => streamClasses().ReadableStream,
    WritableStream: () => streamClasses().WritableStream,
    TransformStream: () => streamClasses().TransformStream,
  };
  for (const name in makers) defineLazy(scope, name, makers[name as keyof typeof makers]);
}

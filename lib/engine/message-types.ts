/**
 * Rows of the codec for requests and responses of Node, as lib/replay/realm/message-types.ts has
 * them in the sandbox: parts and fields come in the same order, so that the text is the same too.
 */
import {
  type CodecType,
  getterOf,
  MalformedParts,
  numberPart,
  textPart,
} from "../codec/codec-type";
import { describe } from "../codec/describe";
import { notSerializable, type Refusal } from "../codec/refusal";
import { bodyFromPart, bodyPart, type MessageBody, rememberBody } from "./message-body";
import { type Facts, knownFacts, withFacts } from "./message-facts";
import { platformType } from "./platform-type";
import { replyOf, withReply } from "./request-reply";

export function messageTypes(): CodecType[] {
  return [requestType(), responseType()];
}

/** The settings of a request, and what they usually are. */
const SETTINGS: Facts = {
  cache: "default",
  credentials: "same-origin",
  destination: "",
  integrity: "",
  keepalive: false,
  mode: "cors",
  redirect: "follow",
  referrer: "about:client",
  referrerPolicy: "",
  duplex: "half",
};

/** What a response says of how it came. */
const ARRIVAL: Facts = { type: "default", url: "", redirected: false };

function requestType(): CodecType {
  return platformType<Request>(Request, getterOf(Request.prototype, "method"), {
    toParts(request) {
      const { method, url, headers } = request;
      if (typeof method !== "string" || typeof url !== "string") throw onlyCalledSo(request);
      const body = bodyPart(request, "a Request");
      const facts = factsOf(request, SETTINGS);
      const reply = replyOf(request);
      return [method, url, headers, body, reply === undefined ? facts : { ...facts, reply }];
    },
    create(parts) {
      const body = bodyFromPart(parts[3]);
      const init = { method: textPart(parts, 0), headers: headersPart(parts, 2) };
      const settings = knownFacts(parts[4], SETTINGS);
      const request = makeRequest(textPart(parts, 1), init, body, settings);
      return withReply(withFacts(request, settings), parts[4]);
    },
  });
}

function responseType(): CodecType {
  return platformType<Response>(Response, getterOf(Response.prototype, "status"), {
    toParts(response) {
      const { status, statusText, headers } = response;
      const hasLine = typeof status === "number" && typeof statusText === "string";
      if (!hasLine) throw onlyCalledSo(response);
      const body = bodyPart(response, "a Response");
      return [status, statusText, headers, body, factsOf(response, ARRIVAL)];
    },
    create(parts) {
      const [status, statusText] = [numberPart(parts, 0), textPart(parts, 1)];
      const body = bodyFromPart(parts[3]);
      const init = { status, statusText, headers: headersPart(parts, 2) };
      const ok = status >= 200 && status <= 299;
      const facts = { ...knownFacts(parts[4], ARRIVAL), status, ok, statusText };
      return withFacts(makeResponse(init, body), facts);
    },
  });
}

/** Node refuses some settings that the sandbox only passes on; as facts they stay readable. */
function makeRequest(url: string, init: RequestInit, body: MessageBody, settings: Facts): Request {
  const { redirect } = settings;
  const withBody = { ...init, redirect, body: body.init, duplex: "half" } as RequestInit;
  const request = firstMade(
    () => new Request(url, { ...withBody, ...settings } as RequestInit),
    () => new Request(url, withBody),
  );
  return rememberBody(request, body);
}

/** No constructor makes a response of an error, nor one with an informational status. */
function makeResponse(init: ResponseInit, body: MessageBody): Response {
  const { headers } = init;
  const response = firstMade(
    () => new Response(body.init, init),
    () => new Response(body.init, { ...(headers && { headers }) }),
  );
  return rememberBody(response, body);
}

function firstMade<T>(make: () => T, makeOtherwise: () => T): T {
  try {
    return make();
  } catch {
    return makeOtherwise();
  }
}

/** A class that calls itself Request or Response may have anything, or nothing. */
function onlyCalledSo(message: object): Refusal {
  return notSerializable(`${describe(message)} that is not like Node's`);
}

function factsOf(message: Request | Response, usual: Facts): Facts {
  const facts: Facts = {};
  for (const [name, usually] of Object.entries(usual)) {
    const value = (message as unknown as Facts)[name] ?? usually;
    if (typeof value !== typeof usually) throw onlyCalledSo(message);
    facts[name] = value;
  }
  return facts;
}

function headersPart(parts: readonly unknown[], index: number): Headers {
  const part = parts[index];
  if (part instanceof Headers) return part;
  throw new MalformedParts("a message without headers");
}

/** Streams of runs by name. The workflow passes them to steps, which write and read. */
import { buildStreamId } from "../../contract/stream";
import type { GetWritable } from "../../contract/workflow-api";
import { encodeBase64 } from "../globals/base64";
import { makeStreamHandle, type StreamKind } from "../globals/streams";
import { encodeUtf8 } from "../globals/utf8";
import type { Runtime } from "../realm/runtime";

export interface NamedStream {
  namespace?: string;
}

export function createGetWritable(runtime: Runtime): GetWritable {
  const getWritable = (options?: NamedStream) =>
    streamOf("writable", runtime.facts().runId, options);
  return getWritable as GetWritable;
}

export function streamOf(
  kind: StreamKind,
  runId: string,
  { namespace = "" }: NamedStream = {},
): object {
  if (typeof namespace !== "string") {
    throw new TypeError("The `namespace` of a stream must be a string");
  }
  const name = encodeBase64(encodeUtf8(namespace), "base64url", false);
  return makeStreamHandle(kind, buildStreamId(runId, name));
}

/** `getWritable`: a stream of the run by name. The workflow passes it to steps, which write. */
import { buildStreamId } from "../../contract/stream";
import type { GetWritable } from "../../contract/workflow-api";
import { encodeBase64 } from "../globals/base64";
import { makeStreamHandle } from "../globals/streams";
import { encodeUtf8 } from "../globals/utf8";
import type { Runtime } from "../realm/runtime";

export function createGetWritable(runtime: Runtime): GetWritable {
  const getWritable = ({ namespace = "" }: { namespace?: string } = {}) => {
    if (typeof namespace !== "string") {
      throw new TypeError("The `namespace` of a stream must be a string");
    }
    const name = encodeBase64(encodeUtf8(namespace), "base64url", false);
    return makeStreamHandle("writable", buildStreamId(runtime.facts().runId, name));
  };
  return getWritable as unknown as GetWritable;
}

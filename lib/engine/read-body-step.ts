/** Reads the body of a message in the form that a workflow asks for. */
import { FatalError } from "../contract/step-error";
import { tagOf } from "../codec/describe";

/** What cannot be read as such is the same at every attempt; only what is still on its way is not. */
export async function readBodyStep(message: unknown, form: unknown): Promise<unknown> {
  if (!isMessage(message)) throw new FatalError("Only a Request or a Response has a body to read");
  const bytes = await message.arrayBuffer();
  try {
    return await parsed(bytes, message.headers.get("content-type"), form);
  } catch (error) {
    if (FatalError.is(error)) throw error;
    const { message: reason } = error as Error;
    throw new FatalError(`The body cannot be read as ${String(form)}: ${reason}`, { cause: error });
  }
}

function parsed(bytes: ArrayBuffer, contentType: string | null, form: unknown): unknown {
  const headers = new Headers();
  if (contentType !== null) headers.set("content-type", contentType);
  const response = new Response(bytes, { headers });
  switch (form) {
    case "text":
      return response.text();
    case "json":
      return response.json();
    case "formData":
      return response.formData();
    case "blob":
      return response.blob();
    case "arrayBuffer":
      return bytes;
    case "bytes":
      // A method of messages on newer lines of Node only.
      return new Uint8Array(bytes);
    default:
      throw new FatalError(`A body has no form ${String(form)}`);
  }
}

function isMessage(value: unknown): value is Request | Response {
  if (typeof value !== "object" || value === null) return false;
  return tagOf(value) === "Request" || tagOf(value) === "Response";
}

/** `atob` and `btoa`: base64 of texts whose characters stand for bytes. */
import { decodeBase64, encodeBase64 } from "./base64";
import { define } from "./define";
import { domException } from "./dom-exception";
import { codeAt, fromCharCode, RealmUint8Array } from "./intrinsics";

const members = {
  atob(base64: unknown): string {
    const { bytes, problem } = decodeBase64(`${base64 as string}`);
    if (problem !== undefined) throw domException(problem, "InvalidCharacterError");
    let text = "";
    for (let at = 0; at < bytes.length; at++) text += fromCharCode(bytes[at] as number);
    return text;
  },

  btoa(data: unknown): string {
    const text = `${data as string}`;
    const bytes = new RealmUint8Array(text.length);
    for (let at = 0; at < text.length; at++) {
      const code = codeAt(text, at);
      if (code > 255) throw domException("Invalid character", "InvalidCharacterError");
      bytes[at] = code;
    }
    return encodeBase64(bytes);
  },
};

export function installAtob(scope: object): void {
  define(scope, "atob", members.atob);
  define(scope, "btoa", members.btoa);
}

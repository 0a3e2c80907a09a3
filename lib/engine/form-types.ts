/** Rows of the codec for files and forms, as lib/replay/realm/form-types.ts has them in the sandbox. */
import {
  type CodecType,
  getterOf,
  MalformedParts,
  numberPart,
  textPart,
} from "../codec/codec-type";
import { type Content, contentOf, rememberContent } from "./body-content";
import { bytesPart, platformType } from "./platform-type";

export function formTypes(): CodecType[] {
  return [fileType(), blobType(), formDataType()];
}

function fileType(): CodecType {
  return platformType<File>(File, getterOf(File.prototype, "name"), {
    toParts: (file) => [file.name, file.type, file.lastModified, contentOfBlob(file, "a File")],
    create(parts) {
      const options = { type: textPart(parts, 1), lastModified: numberPart(parts, 2) };
      const bytes = bytesPart(parts, 3);
      return remembered(new File([bytes], textPart(parts, 0), options), bytes);
    },
  });
}

function blobType(): CodecType {
  return platformType<Blob>(Blob, getterOf(Blob.prototype, "size"), {
    toParts: (blob) => [blob.type, contentOfBlob(blob, "a Blob")],
    create(parts) {
      const bytes = bytesPart(parts, 1);
      return remembered(new Blob([bytes], { type: textPart(parts, 0) }), bytes);
    },
  });
}

/** Names and values in turn. */
function formDataType(): CodecType {
  return platformType<FormData>(FormData, FormData.prototype.keys, {
    toParts: (form) => [...form.entries()].flat(),
    create(parts) {
      if (parts.length % 2 !== 0) throw new MalformedParts("a field without a value");
      const form = new FormData();
      for (let index = 0; index < parts.length; index += 2) {
        appendField(form, textPart(parts, index), parts[index + 1]);
      }
      return form;
    },
  });
}

function appendField(form: FormData, name: string, value: unknown): void {
  if (typeof value === "string") form.append(name, value);
  else if (value instanceof File) form.append(name, value);
  else throw new MalformedParts("a field that is neither text nor a file");
}

function contentOfBlob(blob: Blob, name: string): Content {
  return contentOf({ stream: blob, name, isText: false, declaredBytes: blob.size });
}

function remembered<B extends Blob>(blob: B, bytes: Uint8Array): B {
  rememberContent(blob, bytes);
  return blob;
}

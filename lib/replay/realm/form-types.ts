/** Rows of the codec for files and forms, which are values like others. */
import { type CodecType, MalformedParts, numberPart, textPart } from "../../codec/codec-type";
import { blobClasses } from "../globals/blob";
import { formDataClass, type FormFile, type FormValue } from "../globals/form-data";

export function formTypes(): CodecType[] {
  return [FILE, BLOB, FORM_DATA];
}

const FILE: CodecType = {
  name: "File",
  is: (value) => value instanceof blobClasses().File,
  toParts(value) {
    const { name, type, lastModified } = value as FormFile;
    return [name, type, lastModified, bytesOf(value)];
  },
  create(parts) {
    const options = { type: textPart(parts, 1), lastModified: numberPart(parts, 2) };
    return new (blobClasses().File)([bytesPart(parts, 3)], textPart(parts, 0), options);
  },
};

const BLOB: CodecType = {
  name: "Blob",
  is: (value) => blobClasses().bytesIn(value) !== undefined,
  toParts: (value) => [(value as FormFile).type, bytesOf(value)],
  create: (parts) => new (blobClasses().Blob)([bytesPart(parts, 1)], { type: textPart(parts, 0) }),
};

/** Names and values in turn. */
const FORM_DATA: CodecType = {
  name: "FormData",
  is: (value) => value instanceof formDataClass(),
  toParts(value) {
    const parts: (string | FormValue)[] = [];
    for (const [name, each] of (value as FormDataInstance).entries()) parts.push(name, each);
    return parts;
  },
  create(parts) {
    const form = new (formDataClass())();
    if (parts.length % 2 !== 0) throw new MalformedParts("a field without a value");
    for (let index = 0; index < parts.length; index += 2) {
      form.append(textPart(parts, index), parts[index + 1]);
    }
    return form;
  },
};

type FormDataInstance = InstanceType<ReturnType<typeof formDataClass>>;

function bytesOf(blob: object): unknown {
  return blobClasses().bytesIn(blob);
}

function bytesPart(parts: readonly unknown[], index: number): unknown {
  if (parts[index] instanceof Uint8Array) return parts[index];
  throw new MalformedParts(`part ${index} is not bytes`);
}

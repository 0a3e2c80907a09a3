/** The encodings of `TextDecoder`, and the labels they answer to. */
import { apply, codeAt } from "./intrinsics";
import { Utf8Decoder } from "./utf8";

export interface Decoder {
  write(bytes: Uint8Array): void;
  end(): void;
}

export interface Encoding {
  name: string;
  decoder(emit: (point: number) => void, fail: () => void): Decoder;
}

const { toLowerCase } = String.prototype;

/** What may stand around a label; other kinds of space may not. */
const OUTER_SPACE = /^[\t\n\f\r ]+|[\t\n\f\r ]+$/g;

/** What stands between 0x80 and 0x9f, where Latin 1 has nothing to print. */
const WINDOWS_1252 =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

const ENCODINGS: (Encoding & { labels: string })[] = [
  {
    name: "utf-8",
    labels: "utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8",
    decoder: (emit, fail) => new Utf8Decoder(emit, fail),
  },
  {
    name: "utf-16le",
    labels: "utf-16le utf-16 ucs-2 unicode unicodefeff csunicode iso-10646-ucs-2",
    decoder: (emit, fail) => new Utf16Decoder(emit, fail),
  },
  {
    name: "windows-1252",
    labels:
      "windows-1252 latin1 ascii us-ascii iso-8859-1 iso8859-1 iso88591 iso_8859-1 l1 cp1252 cp819 " +
      "ibm819 x-cp1252 ansi_x3.4-1968 csisolatin1 iso-ir-100 iso_8859-1:1987",
    decoder: (emit) => new Windows1252Decoder(emit),
  },
];

export function findEncoding(label: string): Encoding | undefined {
  const wanted = apply(toLowerCase, label.replace(OUTER_SPACE, ""), []);
  return ENCODINGS.find(({ labels }) => labels.split(" ").includes(wanted));
}

class Windows1252Decoder implements Decoder {
  constructor(private readonly emit: (point: number) => void) {}

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      const isSpecial = byte >= 0x80 && byte <= 0x9f;
      this.emit(isSpecial ? codeAt(WINDOWS_1252, byte - 0x80) : byte);
    }
  }

  end(): void {}
}

/** Little endian; a byte and half of a pair may be waiting for what belongs to them. */
class Utf16Decoder implements Decoder {
  private byte = -1;
  private lead = 0;

  constructor(
    private readonly emit: (point: number) => void,
    private readonly fail: () => void,
  ) {}

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      if (this.byte === -1) {
        this.byte = byte;
        continue;
      }
      const unit = this.byte | (byte << 8);
      this.byte = -1;
      this.writeUnit(unit);
    }
  }

  end(): void {
    if (this.byte !== -1 || this.lead !== 0) this.fail();
    this.byte = -1;
    this.lead = 0;
  }

  private writeUnit(unit: number): void {
    const isTrail = unit >= 0xdc00 && unit <= 0xdfff;
    const { lead } = this;
    this.lead = 0;
    if (lead !== 0 && isTrail) {
      this.emit(0x10000 + ((lead - 0xd800) << 10) + (unit - 0xdc00));
      return;
    }
    if (lead !== 0 || isTrail) this.fail();
    if (isTrail) return;
    if (unit >= 0xd800 && unit <= 0xdbff) this.lead = unit;
    else this.emit(unit);
  }
}

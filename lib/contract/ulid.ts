/** Ids that sort by time: 48 bits of it, then 80 bits of anything, as 26 characters. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `bytes` has ten of them. */
export function buildUlid(time: number, bytes: Uint8Array): string {
  let text = "";
  let rest = Math.floor(time);
  for (let digit = 0; digit < 10; digit++) {
    text = ALPHABET[rest % 32]! + text;
    rest = Math.floor(rest / 32);
  }
  let bits = 0;
  let held = 0;
  for (let index = 0; index < 10; index++) {
    held = (held << 8) | bytes[index]!;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31]!;
    }
    held &= (1 << bits) - 1;
  }
  return text;
}

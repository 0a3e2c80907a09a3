/** Numbers that look random and are the same for the same seed. */
export type Next = (below: number) => number;

export function seededNumbers(seed: number): Next {
  let state = (seed * 2654435761 + 12345) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/** A source of random numbers that is wholly determined by its keys. */
export interface Random {
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Uniform integer in low..high, both included. */
  integer(low: number, high: number): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T;
}

/**
 * A generator for one purpose: `seededRandom(seed, "order", task, epoch)`. Every purpose has its own stream,
 * so that no draw of one part of a program shifts the numbers of another, and a resumed run needs no saved state.
 */
export function seededRandom(...keys: readonly (string | number)[]): Random {
  const generator = xoroshiro128plusFromState(hash(keys.join("\u0000")));
  const uniform = (low: number, high: number) => low + (high - low) * uniformFloat64(generator);
  const integer = (low: number, high: number) => uniformInt(generator, low, high);
  return {
    uniform,
    integer,
    normal: () =>
      // Box-Muller; 1 − u keeps the logarithm finite.
      Math.sqrt(-2 * Math.log(1 - uniform(0, 1))) * Math.cos(2 * Math.PI * uniform(0, 1)),
    shuffle(items) {
      for (let i = items.length - 1; i > 0; i--) {
        const j = integer(0, i);
        [items[i], items[j]] = [items[j], items[i]];
      }
      return items;
    },
  };
}

/** Four 32-bit words of a text: FNV-1a with four offsets, each finished by MurmurHash3's mixer. */
function hash(text: string): [number, number, number, number] {
  const word = (offset: number) => {
    let h = 0x811c9dc5 ^ offset;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) | 0;
  };
  return [word(0), word(0x9e3779b9), word(0x3c6ef372), word(0xdaa66d2b)];
}

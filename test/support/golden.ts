import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeSafetensors, type StoredTensor } from "../../src/storage/safetensors.js";

export interface Golden {
  numbers(name: string): Float32Array;
  integers(name: string): number[];
  bytes(name: string): Uint8Array;
  shape(name: string): readonly number[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where the reference numbers are, with what makes them. */
export const GOLDEN = join(import.meta.dirname, "../golden");

/** Reference numbers of one file. */
export function golden(file: string): Golden {
  const path = join(GOLDEN, file);
  const { tensors, metadata } = decodeSafetensors(readFileSync(path), path);
  const tensor = (name: string) => {
    const found = tensors.get(name);
    if (!found) throw new Error(`${file} has no tensor ${name}`);
    return found as StoredTensor;
  };
  return {
    numbers: (name) => tensor(name).data as Float32Array,
    integers: (name) => Array.from(tensor(name).data as BigInt64Array, Number),
    bytes: (name) => tensor(name).data as Uint8Array,
    shape: (name) => tensor(name).shape,
    metadata,
  };
}

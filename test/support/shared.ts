import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeSafetensors, type StoredTensor } from "../../src/storage/safetensors.js";

/** Reference numbers and real data; they are not part of the repository. */
const SHARED = process.env.ITAML_SHARED ?? join(import.meta.dirname, "../../../shared");

/** The path of something shared, or undefined (said once on the console) where it is missing. */
export function sharedPath(...parts: string[]): string | undefined {
  const path = join(SHARED, ...parts);
  if (existsSync(path)) return path;
  console.log(`skipped: ${parts.join("/")} is not in the folder ITAML_SHARED (${SHARED})`);
  return undefined;
}

export interface Golden {
  numbers(name: string): Float32Array;
  integers(name: string): number[];
  bytes(name: string): Uint8Array;
  shape(name: string): readonly number[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reference numbers of one file, or undefined where it is missing. */
export function golden(file: string): Golden | undefined {
  const path = sharedPath("golden", file);
  if (!path) return undefined;
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

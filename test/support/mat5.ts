import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";

/** Types of numbers that a MAT file stores: the element's type, bytes, how one is written. */
export const STORAGE = {
  int8: {
    type: 1,
    bytes: 1,
    write: (view: DataView, at: number, n: number) => view.setInt8(at, n),
  },
  uint8: { type: 2, bytes: 1, write: (view, at, n) => view.setUint8(at, n) },
  int16: { type: 3, bytes: 2, write: (view, at, n) => view.setInt16(at, n, true) },
  uint16: { type: 4, bytes: 2, write: (view, at, n) => view.setUint16(at, n, true) },
  int32: { type: 5, bytes: 4, write: (view, at, n) => view.setInt32(at, n, true) },
  uint32: { type: 6, bytes: 4, write: (view, at, n) => view.setUint32(at, n, true) },
  single: { type: 7, bytes: 4, write: (view, at, n) => view.setFloat32(at, n, true) },
  double: { type: 9, bytes: 8, write: (view, at, n) => view.setFloat64(at, n, true) },
  int64: { type: 12, bytes: 8, write: (view, at, n) => view.setBigInt64(at, BigInt(n), true) },
  uint64: { type: 13, bytes: 8, write: (view, at, n) => view.setBigUint64(at, BigInt(n), true) },
} satisfies Record<
  string,
  { type: number; bytes: number; write(view: DataView, at: number, value: number): void }
>;

export type StorageName = keyof typeof STORAGE;

/** Classes of arrays. */
export const CLASS = { cell: 1, char: 4, sparse: 5, double: 6, uint8: 9 } as const;

export interface MadeArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** Column-major. */
  readonly values: ArrayLike<number>;
  readonly storage?: StorageName;
  /** Class of the array, with flags in the next byte. Default: uint8, or double where stored otherwise. */
  readonly flags?: number;
}

/** The 128 bytes that a file begins with. */
export function header({
  text = "MATLAB 5.0 MAT-file, made",
  version = [0, 1],
  endian = "IM",
} = {}): Uint8Array {
  const bytes = new Uint8Array(128).fill(0x20);
  bytes.set(new TextEncoder().encode(text));
  bytes.set(version, 124);
  bytes.set(new TextEncoder().encode(endian), 126);
  return bytes;
}

/** A data element, padded: in the small form where it fits, if wanted. */
export function element(
  type: number,
  content: Uint8Array,
  { small = false, padded = true } = {},
): Uint8Array {
  const isSmall = small && content.length > 0 && content.length <= 4;
  const start = isSmall ? 4 : 8;
  const end = start + content.length;
  const bytes = new Uint8Array(padded ? Math.ceil(end / 8) * 8 : end);
  const view = new DataView(bytes.buffer);
  if (isSmall) {
    view.setUint16(0, type, true);
    view.setUint16(2, content.length, true);
  } else {
    view.setUint32(0, type, true);
    view.setUint32(4, content.length, true);
  }
  bytes.set(content, start);
  return bytes;
}

export function numbers(storage: StorageName, values: ArrayLike<number>): Uint8Array {
  const { bytes: size, write } = STORAGE[storage];
  const bytes = new Uint8Array(values.length * size);
  if (storage === "uint8") {
    bytes.set(values);
    return bytes;
  }
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) write(view, i * size, values[i] as number);
  return bytes;
}

/** An array as an element, in the small form where it fits, if wanted. */
export function matrix(
  { name, shape, values, storage = "uint8", flags }: MadeArray,
  { small = false, padded = true } = {},
): Uint8Array {
  const kind = flags ?? (storage === "uint8" ? CLASS.uint8 : CLASS.double);
  const content = Buffer.concat([
    element(6, numbers("uint32", [kind, 0])),
    element(5, numbers("int32", shape), { small }),
    element(1, new TextEncoder().encode(name), { small }),
    element(STORAGE[storage].type, numbers(storage, values), { small, padded }),
  ]);
  return element(14, content, { padded });
}

/** An element in its compressed form, which has no padding. */
export function compressed(bytes: Uint8Array, level = 6): Uint8Array {
  return element(15, deflateSync(bytes, { level }), { padded: false });
}

/** A file of these elements. */
export function encodeMat5(...elements: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat([header(), ...elements]));
}

/** Writes one of SVHN's files: images column by column, digits by their numbers 1..10. */
export function writeMadeSvhn(
  folder: string,
  part: "train" | "test" | "extra",
  images: Uint8Array,
  labels: readonly number[],
): void {
  mkdirSync(folder, { recursive: true });
  const file = encodeMat5(
    compressed(matrix({ name: "X", shape: [32, 32, 3, images.length / 3072], values: images })),
    compressed(matrix({ name: "y", shape: [labels.length, 1], values: labels })),
  );
  writeFileSync(join(folder, `${part}_32x32.mat`), file);
}

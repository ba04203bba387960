import { ItamlError } from "../base/errors.js";

export interface GgufTensor {
  /** Half precision is widened. */
  readonly data: Float32Array;
  /** The slowest dimension first, as everywhere but in the file. */
  readonly shape: readonly number[];
}

const MAGIC = 0x46554747;
/** Dimensions of a tensor, tensors of a file, bytes of a name. */
const [MOST_DIMENSIONS, MOST_TENSORS, LONGEST_TEXT] = [4, 100_000, 2 ** 16];
/** Bytes of the metadata types that have a fixed size, by their numbers. */
const SIZES: Readonly<Record<number, number>> = {
  ...{ 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 },
};
const [UINT32, TEXT, ARRAY] = [4, 8, 9];
/** Types of tensors that are read, and bytes of an element. */
const ELEMENTS: Readonly<Record<number, number>> = { 0: 4, 1: 2 };

/**
 * Decodes the tensors of a GGUF file (version 3, little-endian) in full or half precision; of the metadata only the
 * alignment is of use here. Nothing in it is believed before it is checked.
 *
 * @param file its name, for messages
 * @throws {ItamlError} FILE_INVALID
 */
export function decodeGguf(bytes: Uint8Array, file: string): ReadonlyMap<string, GgufTensor> {
  const fail = (summary: string, problem: { expected?: string; found?: string } = {}): never => {
    throw new ItamlError("FILE_INVALID", `not a valid GGUF file: ${summary}`, {
      where: file,
      ...problem,
    });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (length: number): number => {
    if (length > bytes.length - at) fail("it is cut off", { found: `${bytes.length} bytes` });
    at += length;
    return at - length;
  };
  const uint32 = () => view.getUint32(take(4), true);
  const size = (most = Number.MAX_SAFE_INTEGER): number => {
    const value = Number(view.getBigUint64(take(8), true));
    return value > most
      ? fail("a size", { expected: `at most ${most}`, found: `${value}` })
      : value;
  };
  const text = () => {
    const length = size(LONGEST_TEXT);
    const start = take(length);
    return new TextDecoder().decode(bytes.subarray(start, start + length));
  };
  const skip = (type: number): void => {
    if (type === TEXT) {
      take(size());
    } else if (type === ARRAY) {
      const [element, length] = [uint32(), size()];
      const bytesEach = SIZES[element];
      if (bytesEach !== undefined) take(length * bytesEach);
      else if (element !== TEXT) fail("an array of arrays in the metadata");
      else for (let i = 0; i < length; i++) skip(element);
    } else {
      take(SIZES[type] ?? fail("metadata of an unknown type", { found: `${type}` }));
    }
  };

  if (bytes.length < 24 || uint32() !== MAGIC) fail("it doesn't begin with GGUF");
  const version = uint32();
  if (version !== 3) fail("another version", { expected: "3", found: `${version}` });
  const [tensorCount, metadataCount] = [size(MOST_TENSORS), size()];
  let alignment = 32;
  for (let i = 0; i < metadataCount; i++) {
    const [key, type] = [text(), uint32()];
    if (key === "general.alignment" && type === UINT32) alignment = uint32();
    else skip(type);
  }
  if (alignment === 0 || alignment % 8 !== 0) fail("its alignment", { found: `${alignment}` });

  const entries = Array.from({ length: tensorCount }, () => {
    const name = text();
    const dimensions = uint32();
    if (dimensions > MOST_DIMENSIONS)
      fail(`tensor "${name}"`, { found: `${dimensions} dimensions` });
    const shape = Array.from({ length: dimensions }, () => size()).reverse();
    const type = uint32();
    const element =
      ELEMENTS[type] ??
      fail(`tensor "${name}"`, {
        expected: "numbers in full or half precision (F32, F16)",
        found: `type ${type}`,
      });
    return { name, shape, element, offset: size() };
  });
  const start = Math.ceil(at / alignment) * alignment;
  const places = entries.map((entry) => {
    const length = entry.shape.reduce((product, side) => product * side, entry.element);
    const from = start + entry.offset;
    if (entry.offset % alignment !== 0 || from + length > bytes.length) {
      fail(`tensor "${entry.name}"`, {
        expected: `${length} bytes within the file`,
        found: `offset ${entry.offset} of ${bytes.length - start}`,
      });
    }
    return { ...entry, from, to: from + length };
  });
  let end = 0;
  for (const { name, from, to } of [...places].sort((a, b) => a.from - b.from)) {
    if (from < end) fail(`tensor "${name}" overlaps another`);
    end = to;
  }
  const tensors = new Map<string, GgufTensor>();
  for (const { name, shape, element, from, to } of places) {
    if (tensors.has(name)) fail("a tensor is there twice", { found: name });
    const values = new Float32Array((to - from) / element);
    for (let i = 0; i < values.length; i++) {
      values[i] =
        element === 4
          ? view.getFloat32(from + 4 * i, true)
          : halfToFloat(view.getUint16(from + 2 * i, true));
    }
    tensors.set(name, { data: values, shape });
  }
  return tensors;
}

/** A number in half precision (IEEE 754) by its bits. */
export function halfToFloat(bits: number): number {
  const sign = bits >> 15 === 1 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

import { ItamlError } from "../base/errors.js";

type TensorData = Float32Array | Float64Array | Uint8Array | BigInt64Array;

export interface StoredTensor {
  readonly data: TensorData;
  readonly shape: readonly number[];
}

export interface SafetensorsContent {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const TYPES = {
  F32: { bytes: 4, make: (buffer: ArrayBuffer) => new Float32Array(buffer) },
  F64: { bytes: 8, make: (buffer: ArrayBuffer) => new Float64Array(buffer) },
  U8: { bytes: 1, make: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
  I64: { bytes: 8, make: (buffer: ArrayBuffer) => new BigInt64Array(buffer) },
} as const;

type TypeName = keyof typeof TYPES;

function typeName(data: TensorData): TypeName {
  if (data instanceof Float32Array) return "F32";
  if (data instanceof Float64Array) return "F64";
  return data instanceof Uint8Array ? "U8" : "I64";
}

/** Bytes of a header: 100,000 tensors. */
const MAXIMUM_HEADER = 10_000_000;

/** Encodes tensors in the safetensors format: header length, JSON header, raw little-endian data. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  // Without a prototype any name is a key.
  const header: Record<string, unknown> = Object.create(null);
  header.__metadata__ = metadata;
  let size = 0;
  for (const [name, { data, shape }] of tensors) {
    header[name] = {
      dtype: typeName(data),
      shape,
      data_offsets: [size, size + data.byteLength],
    };
    size += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces bring the data to a multiple of 8, as the format recommends.
  const headerLength = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength);
  bytes.set(json, 8);
  let offset = 8 + headerLength;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Decodes a safetensors file. Nothing in it is believed before it is checked: every byte of the data belongs to one tensor.
 *
 * @param file its name, for messages
 * @throws {ItamlError} FILE_INVALID
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): SafetensorsContent {
  const fail = (summary: string, problem: { expected?: string; found?: string } = {}): never => {
    throw new ItamlError("FILE_INVALID", `not a valid safetensors file: ${summary}`, {
      where: file,
      ...problem,
    });
  };
  if (bytes.length < 8) fail("it has no header", { found: `${bytes.length} bytes` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > Math.min(MAXIMUM_HEADER, bytes.length - 8)) {
    fail("the header is cut off or too long", { found: `a header of ${headerLength} bytes` });
  }
  const header = parseHeader(bytes.subarray(8, 8 + headerLength), fail);
  const dataStart = 8 + headerLength;
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isStrings(metadata)) fail("the metadata are not texts");
  const places = Object.entries(entries).map(([name, entry]) => {
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
    if (typeof dtype !== "string" || !Object.hasOwn(TYPES, dtype)) {
      return fail(`tensor "${name}"`, { expected: "F32, F64, U8 or I64", found: String(dtype) });
    }
    if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
      return fail(`tensor "${name}" has no shape or no offsets`);
    }
    const type = TYPES[dtype as TypeName];
    const [from, to] = offsets as [number, number];
    const size = shape.reduce((product, length) => product * length, type.bytes);
    if (to - from !== size || dataStart + to > bytes.length) {
      fail(`tensor "${name}"`, {
        expected: `${size} bytes within the file`,
        found: `offsets ${from} to ${to} of ${bytes.length - dataStart}`,
      });
    }
    return { name, shape, type, from, to };
  });
  let end = 0;
  for (const { name, from, to } of [...places].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) {
      fail(`tensor "${name}" overlaps another, or leaves a gap`, {
        expected: `its data from ${end} on`,
        found: `from ${from} on`,
      });
    }
    end = to;
  }
  if (dataStart + end !== bytes.length) {
    fail("there is data after the last tensor", {
      found: `${bytes.length - dataStart - end} bytes`,
    });
  }
  // Copied only now that no byte is in two tensors, and not as Buffer's slice: elements must be aligned.
  const tensors = new Map(
    places.map(({ name, shape, type, from, to }): [string, StoredTensor] => {
      const { buffer } = new Uint8Array(bytes.subarray(dataStart + from, dataStart + to));
      return [name, { data: type.make(buffer), shape }];
    }),
  );
  return { tensors, metadata: metadata as Record<string, string> };
}

function parseHeader(
  bytes: Uint8Array,
  fail: (summary: string) => never,
): Readonly<Record<string, unknown>> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    return fail("the header is not JSON");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    return fail("the header is not a JSON object");
  }
  // Of two keys of one name JSON.parse keeps the last.
  if (countKeys(text) !== Object.keys(header).length) fail("a tensor is there twice");
  return header as Record<string, unknown>;
}

/** Keys of the outermost object of a JSON text. */
function countKeys(text: string): number {
  let [depth, keys] = [0, 0];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (token === ":" && depth === 1) keys++;
  }
  return keys;
}

function isStrings(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((text) => typeof text === "string")
  );
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { ItamlError } from "../base/errors.js";
import { readFileOrThrow } from "../files/read-file.js";

/** An array of unsigned bytes as an idx file holds it. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Uint8Array;
}

/** A file may not have or unpack to more than this (the largest known idx file, EMNIST's, has 547 MB). */
const MAXIMUM_SIZE = 600_000_000;

/**
 * Reads an idx file, plain or gzipped (told by its content).
 *
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID
 */
export async function readIdxFile(path: string): Promise<IdxArray> {
  const bytes = await readFileOrThrow(path, "DATASET_MISSING", MAXIMUM_SIZE);
  return parseIdx(await unzipped(bytes, path), path);
}

async function unzipped(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: MAXIMUM_SIZE });
  } catch (cause) {
    throw new ItamlError(
      "DATASET_INVALID",
      "the gzip file is truncated or damaged",
      {
        where: file,
        found: (cause as Error).message,
        remedy: "Get the file again",
      },
      { cause },
    );
  }
}

/**
 * Parses the idx format: two zero bytes, the element type (8: unsigned byte), the number of dimensions,
 * each size as a big-endian 32-bit integer, the elements.
 *
 * @param file its name, for messages
 * @throws {ItamlError} DATASET_INVALID
 */
export function parseIdx(bytes: Uint8Array, file: string): IdxArray {
  const fail = (summary: string, expected: string, found: string): never => {
    throw new ItamlError("DATASET_INVALID", summary, { where: file, expected, found });
  };
  const [zero, alsoZero, type, rank = 0] = bytes;
  const magic = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0"));
  if (zero !== 0 || alsoZero !== 0 || type !== 8 || rank === 0) {
    fail(
      "not an idx file of unsigned bytes",
      "the magic number 00 00 08 and the number of dimensions",
      magic.join(" ") || "an empty file",
    );
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) fail("the header is cut off", `${start} bytes`, `${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - start !== size) {
    fail(
      "the size of the data doesn't fit the header",
      `${size} bytes for ${shape.join(" × ")}`,
      `${bytes.length - start}`,
    );
  }
  return { shape, data: bytes.subarray(start) };
}

import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createInflate } from "node:zlib";
import { ItamlError, type Problem } from "../base/errors.js";
import { isSystemError, readingError } from "../files/system-errors.js";

/** An array of real numbers as a MAT file holds it. */
export interface MatArray {
  readonly shape: readonly number[];
  /** Column-major: the first axis runs fastest. Bytes where the array is one of uint8, stored as such. */
  readonly data: Uint8Array | Float64Array;
}

const HEADER_LENGTH = 128;
const TAG_LENGTH = 8;
/** Elements are padded to a multiple of this. */
const ALIGNMENT = 8;

/** Types of data elements. */
const INT8 = 1;
const UINT8 = 2;
const INT32 = 5;
const UINT32 = 6;
const MATRIX = 14;
const COMPRESSED = 15;

/** How numbers are stored, by the type of their element. 64-bit integers become the nearest double. */
const STORAGE: ReadonlyMap<number, { bytes: number; read(view: DataView, at: number): number }> =
  new Map([
    [INT8, { bytes: 1, read: (view: DataView, at: number) => view.getInt8(at) }],
    [UINT8, { bytes: 1, read: (view, at) => view.getUint8(at) }],
    [3, { bytes: 2, read: (view, at) => view.getInt16(at, true) }],
    [4, { bytes: 2, read: (view, at) => view.getUint16(at, true) }],
    [INT32, { bytes: 4, read: (view, at) => view.getInt32(at, true) }],
    [UINT32, { bytes: 4, read: (view, at) => view.getUint32(at, true) }],
    [7, { bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
    [9, { bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
    [12, { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) }],
    [13, { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) }],
  ]);

/** Classes of arrays below the numeric ones, which are double (6) to uint64 (15). */
const OTHER_CLASSES = ["of no class", "cell", "struct", "object", "char", "sparse"];
const LAST_NUMERIC_CLASS = 15;
const UINT8_CLASS = 9;
const COMPLEX_FLAG = 0x800;

/** An array may not take more than this in memory (SVHN's largest has 1.63 GB). */
const MAXIMUM_SIZE = 2 ** 31 - 1;
/** Room for 64 dimensions; MATLAB's longest names have 63 characters. */
const MAXIMUM_HEADER_ELEMENT = 256;
/** Deflate can't pack closer: 258 bytes into two bits. */
const MAXIMUM_COMPRESSION = 1032;
/** Pictures and numbers hardly compress: a variable of more than this times its compressed size is a bomb … */
const LIKELY_COMPRESSION = 100;
/** … once it has this many bytes: a small one does no harm. */
const HARMLESS_SIZE = 2 ** 26;

const CHUNK_LENGTH = 2 ** 16;

/**
 * Reads all variables of a MATLAB file in MAT format version 5, little-endian: arrays of real numbers, plain or
 * compressed. The file streams: beyond the arrays themselves (and the stored bytes of one that isn't uint8), only
 * some chunks are in memory.
 *
 * @returns the arrays by their names
 * @throws {ItamlError} DATASET_MISSING, DATASET_INVALID
 */
export async function readMat5(path: string): Promise<Map<string, MatArray>> {
  try {
    const file = await open(path);
    try {
      return await readVariables(file, path);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw readingError(cause, path, "DATASET_MISSING");
  }
}

async function readVariables(file: FileHandle, path: string): Promise<Map<string, MatArray>> {
  checkHeader(await readAt(file, 0, HEADER_LENGTH), path);
  const { size } = await file.stat();
  const variables = new Map<string, MatArray>();
  for (let start = HEADER_LENGTH; start < size; ) {
    const where = `${path}, byte ${start}`;
    const tag = await readAt(file, start, TAG_LENGTH);
    const content = start + TAG_LENGTH;
    const length = tag.length < TAG_LENGTH ? 0 : tag.readUInt32LE(4);
    const end = content + length;
    if (tag.length < TAG_LENGTH || end > size) {
      fail("the file is cut off", { where, expected: `${end} bytes`, found: `${size}` });
    }
    const type = tag.readUInt32LE(0);
    if (type !== MATRIX && type !== COMPRESSED) {
      const expected = `an element of type ${MATRIX} or ${COMPRESSED}`;
      fail("not a variable", { where, expected, found: `type ${type}` });
    }
    const [name, array] = await readVariable(
      type === COMPRESSED
        ? new ElementReader(
            inflated(fileChunks(file, content, end), length),
            largestUnpacked(length),
            where,
          )
        : new ElementReader(fileChunks(file, start, end), end - start, where),
      path,
    );
    variables.set(name, array);
    start = end;
  }
  return variables;
}

/** Bytes that an element may unpack to. */
function largestUnpacked(length: number): number {
  const likely = Math.max(length * LIKELY_COMPRESSION, HARMLESS_SIZE);
  return Math.min(length * MAXIMUM_COMPRESSION, likely);
}

function checkHeader(header: Buffer, path: string): void {
  const text = header.toString("latin1");
  const isVersion5 = text.length === HEADER_LENGTH && header.readUInt16LE(124) === 0x0100;
  if (isVersion5 && text.endsWith("IM")) return;
  const hasHdf5 = text.startsWith("MATLAB 7.3") || text.startsWith("\x89HDF");
  const found = () => {
    if (hasHdf5) return "a MAT file of version 7.3 (HDF5)";
    if (text.endsWith("MI")) return "a big-endian file";
    if (text.length < HEADER_LENGTH) return `${text.length} bytes`;
    // The format's own rule.
    if (header.subarray(0, 4).includes(0)) return "a MAT file of version 4, or something else";
    return "another header";
  };
  fail("not a MAT file of version 5, little-endian", {
    where: path,
    expected: `a header of ${HEADER_LENGTH} bytes that ends in 00 01 "IM"`,
    found: found(),
    ...(hasHdf5 && { remedy: "Save it in MATLAB with the option -v7" }),
  });
}

async function readVariable(reader: ElementReader, path: string): Promise<[string, MatArray]> {
  try {
    await reader.enter(MATRIX);
    const flags = await reader.headerElement("array flags", UINT32, 8);
    const dimensions = await reader.headerElement("dimensions", INT32, 4);
    const letters = await reader.headerElement("name", INT8, 1);
    const name = Buffer.from(letters.buffer).toString("latin1");
    reader.where = `${path}, variable ${JSON.stringify(name)}`;
    checkFlags(flags.getUint32(0, true), reader.where);
    // A negative dimension is read as one that's too large for any data.
    const shape = Array.from({ length: dimensions.byteLength / 4 }, (_, axis) =>
      dimensions.getUint32(4 * axis, true),
    );
    const isUint8 = flags.getUint8(0) === UINT8_CLASS;
    const array = { shape, data: await readData(reader, shape, isUint8) };
    await reader.finish();
    return [name, array];
  } finally {
    await reader.close();
  }
}

function checkFlags(flags: number, where: string): void {
  const kind = flags & 0xff;
  const expected = "an array of real numbers";
  if (kind < OTHER_CLASSES.length || kind > LAST_NUMERIC_CLASS) {
    const found = OTHER_CLASSES[kind] ?? `class ${kind}`;
    fail("an array that can't be read", { where, expected, found });
  }
  if (flags & COMPLEX_FLAG) {
    fail("an array that can't be read", { where, expected, found: "complex numbers" });
  }
}

async function readData(
  reader: ElementReader,
  shape: readonly number[],
  isUint8: boolean,
): Promise<MatArray["data"]> {
  const { where } = reader;
  const { type, bytes } = await reader.nextTag();
  const storage = STORAGE.get(type);
  if (!storage) {
    return fail("no numbers", { where, expected: "numbers", found: `an element of type ${type}` });
  }
  const sizes = shape.join(" × ");
  const length = shape.reduce((product, size) => product * size, 1);
  if (length * storage.bytes !== bytes) {
    const expected = `${length * storage.bytes} bytes for ${sizes}`;
    fail("the size of the data doesn't fit the dimensions", { where, expected, found: `${bytes}` });
  }
  const keepsBytes = isUint8 && type === UINT8;
  if (length * (keepsBytes ? 1 : 8) > MAXIMUM_SIZE) {
    fail("too large an array", { where, expected: `at most ${MAXIMUM_SIZE} bytes`, found: sizes });
  }
  const stored = await reader.content(bytes);
  if (keepsBytes) return stored;
  const view = new DataView(stored.buffer);
  const data = new Float64Array(length);
  for (let i = 0; i < length; i++) data[i] = storage.read(view, i * storage.bytes);
  return data;
}

/** Reads the elements of one variable while its bytes arrive; believes no size beyond that of what holds it. */
class ElementReader {
  /** For messages. */
  where: string;
  readonly #chunks: AsyncGenerator<Uint8Array, void>;
  #chunk: Uint8Array = new Uint8Array(0);
  /** Bytes that are left of the element that holds the others. */
  #left: number;
  /** Bytes between the element read last and the next one. */
  #padding = 0;

  /** @param length bytes that the chunks have at most */
  constructor(chunks: AsyncGenerator<Uint8Array, void>, length: number, where: string) {
    this.#chunks = chunks;
    this.#left = length;
    this.where = where;
  }

  /** The tag of the next element. Its content comes next. */
  async nextTag(): Promise<{ type: number; bytes: number }> {
    await this.content(this.#padding);
    const word = await this.#uint32();
    // A small element has its size in the upper half of its type, and up to four bytes instead of the size.
    const smallSize = word >>> 16;
    const isSmall = smallSize > 0;
    const type = isSmall ? word & 0xffff : word;
    const bytes = isSmall ? smallSize : await this.#uint32();
    const room = isSmall ? Math.min(4, this.#left) : this.#left;
    if (bytes > room) {
      const found = `${bytes} bytes`;
      this.#fail("an element is larger than what holds it", `at most ${room} bytes`, found);
    }
    this.#padding = isSmall ? 4 - bytes : (ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT;
    return { type, bytes };
  }

  /** Goes into an element of this type that holds others. */
  async enter(type: number): Promise<void> {
    const tag = await this.nextTag();
    if (tag.type !== type) this.#fail("not an array", `type ${type}`, `type ${tag.type}`);
    this.#left = tag.bytes;
    this.#padding = 0;
  }

  /** The next element, small as it should be, in items of `unit` bytes. */
  async headerElement(subject: string, type: number, unit: number): Promise<DataView<ArrayBuffer>> {
    const tag = await this.nextTag();
    const { bytes } = tag;
    if (tag.type !== type || bytes === 0 || bytes % unit > 0 || bytes > MAXIMUM_HEADER_ELEMENT) {
      const size = unit === 1 ? "" : `a multiple of ${unit}, `;
      const expected = `type ${type}, ${size}1 to ${MAXIMUM_HEADER_ELEMENT} bytes`;
      this.#fail(`no ${subject}`, expected, `type ${tag.type}, ${bytes} bytes`);
    }
    return new DataView((await this.content(bytes)).buffer);
  }

  /** The next bytes, in memory of their own. */
  async content(bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    if (bytes > this.#left) {
      this.#fail("the variable is cut off", `${bytes} more bytes`, `${this.#left}`);
    }
    const content = new Uint8Array(bytes);
    for (let filled = 0; filled < bytes; ) {
      if (this.#chunk.length === 0 && !(await this.#advance())) {
        this.#fail("the variable is cut off", `${bytes} more bytes`, `${filled}`);
      }
      const part = this.#chunk.subarray(0, bytes - filled);
      content.set(part, filled);
      filled += part.length;
      this.#chunk = this.#chunk.subarray(part.length);
    }
    this.#left -= bytes;
    return content;
  }

  /** Reads to the end: only padding may be left, and zlib's checksum comes last. */
  async finish(): Promise<void> {
    let rest = this.#chunk.length;
    while (rest < ALIGNMENT && (await this.#advance())) rest += this.#chunk.length;
    rest = Math.max(rest, this.#left);
    if (rest >= ALIGNMENT) {
      this.#fail("more than an array", "the end", `at least ${rest} bytes behind the data`);
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return();
  }

  async #uint32(): Promise<number> {
    return new DataView((await this.content(4)).buffer).getUint32(0, true);
  }

  async #advance(): Promise<boolean> {
    try {
      const { value, done } = await this.#chunks.next();
      if (!done) this.#chunk = value;
      return !done;
    } catch (cause) {
      // What the system didn't refuse, zlib did.
      if ((cause as NodeJS.ErrnoException).syscall !== undefined) throw cause;
      const found = (cause as Error).message;
      const problem = { where: this.where, found, remedy: "Get the file again" };
      const summary = "the compressed data are truncated or damaged";
      throw new ItamlError("DATASET_INVALID", summary, problem, { cause });
    }
  }

  #fail(summary: string, expected: string, found: string): never {
    return fail(summary, { where: this.where, expected, found });
  }
}

async function* fileChunks(
  file: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void> {
  for (let position = start; position < end; ) {
    const chunk = await readAt(file, position, Math.min(CHUNK_LENGTH, end - position));
    if (chunk.length === 0) return;
    yield chunk;
    position += chunk.length;
  }
}

/** @param length bytes of the chunks, all of which must belong to the zlib stream */
async function* inflated(
  chunks: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array, void> {
  const inflate = createInflate({ chunkSize: CHUNK_LENGTH });
  // Whatever goes wrong here ends the iteration below with the same error.
  const feeding = pipeline(chunks, inflate).catch(() => {});
  try {
    yield* inflate;
    if (inflate.bytesWritten < length) throw new Error("the zlib stream ends before its element");
  } finally {
    inflate.destroy();
    await feeding;
  }
}

/** The bytes from a position on: fewer than `length` at the end of the file. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}

function fail(summary: string, problem: Problem): never {
  throw new ItamlError("DATASET_INVALID", summary, problem);
}

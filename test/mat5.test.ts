import { execFile } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ItamlError } from "../src/base/errors.js";
import { seededRandom } from "../src/base/random.js";
import { type MatArray, readMat5 } from "../src/formats/mat5.js";
import { temporaryFolder } from "./support/folder.js";
import {
  CLASS,
  compressed,
  element,
  encodeMat5,
  header,
  type MadeArray,
  matrix,
  numbers,
  STORAGE,
  type StorageName,
} from "./support/mat5.js";

const RANGES: Record<StorageName, fc.Arbitrary<number>> = {
  int8: fc.integer({ min: -128, max: 127 }),
  uint8: fc.integer({ min: 0, max: 255 }),
  int16: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  uint16: fc.integer({ min: 0, max: 2 ** 16 - 1 }),
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  single: fc.float(),
  double: fc.double(),
  int64: fc.maxSafeInteger(),
  uint64: fc.maxSafeNat(),
};

const array = fc
  .record({
    shape: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 4 }),
    storage: fc.constantFrom(...(Object.keys(STORAGE) as StorageName[])),
    name: fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,11}$/),
    isUint8: fc.boolean(),
  })
  .chain(({ shape, storage, name, isUint8 }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const flags = isUint8 ? CLASS.uint8 : CLASS.double;
    return fc
      .array(RANGES[storage], { minLength: length, maxLength: length })
      .map((values): MadeArray => ({ name, shape, storage, values, flags }));
  });

const form = fc.record({ packs: fc.boolean(), small: fc.boolean(), padded: fc.boolean() });

const arrays = fc.uniqueArray(fc.tuple(array, form), {
  maxLength: 3,
  selector: ([{ name }]) => name,
});

type Made = typeof arrays extends fc.Arbitrary<infer T> ? T : never;

function encode(made: Made): Uint8Array {
  return encodeMat5(
    ...made.map(([content, { packs, small, padded }]) =>
      // Plain elements are always padded; what is in a compressed one isn't with every writer.
      packs ? compressed(matrix(content, { small, padded })) : matrix(content, { small }),
    ),
  );
}

/** Reads bytes as a file of that name. */
async function read(bytes: Uint8Array, folder = temporaryFolder()): Promise<Map<string, MatArray>> {
  const path = join(folder, "made.mat");
  writeFileSync(path, bytes);
  return readMat5(path);
}

describe("reads what was written", () => {
  test("of every type, plain and compressed", async () => {
    const folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(arrays, async (made) => {
        const variables = await read(encode(made), folder);
        expect([...variables.keys()]).toEqual(made.map(([{ name }]) => name));
        for (const [{ name, shape, storage, values, flags }] of made) {
          const found = variables.get(name);
          const keepsBytes = storage === "uint8" && flags === CLASS.uint8;
          expect(found?.shape).toEqual(shape);
          expect(found?.data).toEqual((keepsBytes ? Uint8Array : Float64Array).from(values));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("larger than a chunk", async () => {
    const values = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 7);
    const made = { name: "X", shape: [3, 100_000], values };
    for (const file of [matrix(made), compressed(matrix(made))]) {
      const found = (await read(encodeMat5(file))).get("X");
      expect(Buffer.compare(found?.data as Uint8Array, values)).toBe(0);
    }
  });

  test("integers of 64 bits, to the nearest double", async () => {
    const values = [2 ** 62 + 2 ** 11, -(2 ** 63)];
    const variables = await read(
      encodeMat5(matrix({ name: "n", shape: [2, 1], values, storage: "int64" })),
    );
    expect(variables.get("n")?.data).toEqual(Float64Array.from(values));
  });

  test("a file without variables", async () => {
    expect((await read(encodeMat5())).size).toBe(0);
  });
});

test("mangled bytes end in a typed error or in arrays that fit their shapes", async () => {
  const folder = temporaryFolder();
  const openFiles = countOpenFiles();
  await fc.assert(
    fc.asyncProperty(
      arrays,
      fc.array(
        fc.record({
          at: fc.oneof(fc.nat(300), fc.nat(2000)),
          value: fc.oneof(fc.constantFrom(0, 1, 255), fc.integer({ min: 0, max: 255 })),
        }),
        { maxLength: 4 },
      ),
      fc.oneof(fc.constant(0), fc.nat(300)),
      async (made, changes, cut) => {
        const whole = encode(made);
        const mangled = whole.slice(0, Math.max(0, whole.length - cut));
        for (const { at, value } of changes) if (at < mangled.length) mangled[at] = value;
        try {
          for (const { shape, data } of (await read(mangled, folder)).values()) {
            expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ItamlError);
          expect((error as ItamlError).code).toBe("DATASET_INVALID");
          expect((error as ItamlError).message).toContain("made.mat");
        }
      },
    ),
    { numRuns: 1000 },
  );
  expect(countOpenFiles()).toBe(openFiles);
});

/** Files this process has open; 0 where the system doesn't list them. */
function countOpenFiles(): number {
  return existsSync("/dev/fd") ? readdirSync("/dev/fd").length : 0;
}

const FOUR = Uint8Array.of(1, 2, 3, 4);
const SQUARE: MadeArray = { name: "X", shape: [2, 2], values: FOUR };

/** An array made of elements of one's own, plain. */
function custom(...elements: readonly Uint8Array[]): Uint8Array {
  return encodeMat5(element(14, Buffer.concat(elements)));
}

const FLAGS = element(6, numbers("uint32", [CLASS.uint8, 0]));
const NAME = element(1, new TextEncoder().encode("X"));
const DATA = element(2, FOUR);

function dimensions(...shape: readonly number[]): Uint8Array {
  return element(5, numbers("int32", shape));
}

/** A copy with one 32-bit word changed. */
function changed(bytes: Uint8Array, at: number, word: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, word, true);
  return copy;
}

const PACKED = compressed(matrix(SQUARE));
const BOMB = compressed(Buffer.concat([matrix(SQUARE), new Uint8Array(50_000_000)]), 1);

describe("what can't be read", () => {
  test.each([
    ["an empty file", new Uint8Array(0), "found 0 bytes"],
    ["a short file", header().subarray(0, 90), "found 90 bytes"],
    ["text", new Uint8Array(200).fill(0x41), "found another header"],
    ["version 4", new Uint8Array(200), "found a MAT file of version 4"],
    ["a big-endian file", header({ version: [1, 0], endian: "MI" }), "found a big-endian file"],
    [
      "version 7.3",
      header({ text: "MATLAB 7.3 MAT-file", version: [0, 2] }),
      "found a MAT file of version 7.3 (HDF5). Save it in MATLAB with the option -v7",
    ],
    ["HDF5", Buffer.from("\x89HDF\r\n\x1a\n", "latin1"), "found a MAT file of version 7.3 (HDF5)"],
    ["another element", encodeMat5(DATA), "byte 128: not a variable; expected an element of type"],
    ["a tag cut off", encodeMat5(PACKED.subarray(0, 5)), "byte 128: the file is cut off"],
    [
      "a plain variable cut off",
      encodeMat5(matrix(SQUARE).subarray(0, -1)),
      "byte 128: the file is cut off; expected 200 bytes; found 199",
    ],
    ["a compressed one cut off", encodeMat5(PACKED.subarray(0, -1)), "the file is cut off"],
    [
      "a zlib stream cut off",
      encodeMat5(element(15, deflateSync(matrix(SQUARE)).subarray(0, -3), { padded: false })),
      'variable "X": the compressed data are truncated or damaged; found unexpected end of file',
    ],
    [
      "a damaged zlib stream",
      encodeMat5(changed(PACKED, PACKED.length - 4, 0)),
      "the compressed data are truncated or damaged; found incorrect data check. Get the file again",
    ],
    ["no zlib stream", encodeMat5(element(15, FOUR)), "byte 128: the compressed data"],
    ["an empty zlib stream", encodeMat5(element(15, new Uint8Array(0))), "the variable is cut off"],
    [
      "a compressed element that reaches into the next one",
      changed(encodeMat5(PACKED, PACKED), 132, PACKED.length * 2 - 8),
      "the zlib stream ends before its element",
    ],
    ["compressed twice", encodeMat5(compressed(PACKED)), "not an array; expected type 14"],
    ["no array flags", custom(NAME, dimensions(2, 2), DATA), "byte 128: no array flags"],
    ["no dimensions", custom(FLAGS, NAME, DATA), "byte 128: no dimensions"],
    ["half a dimension", custom(FLAGS, element(5, new Uint8Array(6)), NAME), "a multiple of 4"],
    [
      "too many dimensions",
      custom(FLAGS, dimensions(...new Uint8Array(65)), NAME, DATA),
      "no dimensions; expected type 5, a multiple of 4, 1 to 256 bytes; found type 5, 260 bytes",
    ],
    ["no name", custom(FLAGS, dimensions(2, 2), DATA), "byte 128: no name"],
    ["no data", custom(FLAGS, dimensions(2, 2), NAME), 'variable "X": the variable is cut off'],
    [
      "data of no numbers",
      custom(FLAGS, dimensions(2, 2), NAME, element(16, FOUR)),
      'variable "X": no numbers; expected numbers; found an element of type 16',
    ],
    [
      "a small element of more than four bytes",
      custom(FLAGS, dimensions(2, 2), changed(element(1, FOUR, { small: true }), 0, (5 << 16) | 1)),
      "an element is larger than what holds it; expected at most 4 bytes; found 5 bytes",
    ],
    [
      "an element larger than its array",
      changed(custom(FLAGS, dimensions(2, 2), NAME, DATA), 188, 9),
      "an element is larger than what holds it; expected at most 8 bytes; found 9 bytes",
    ],
    [
      "more data than the dimensions say",
      custom(FLAGS, dimensions(2, 1), NAME, DATA),
      "the size of the data doesn't fit the dimensions; expected 2 bytes for 2 × 1; found 4",
    ],
    [
      "dimensions of 2^40 elements",
      custom(FLAGS, dimensions(2 ** 20, 2 ** 20), NAME, DATA),
      "expected 1099511627776 bytes for 1048576 × 1048576; found 4",
    ],
    [
      "2^40 elements, compressed",
      encodeMat5(compressed(matrix({ ...SQUARE, shape: [2 ** 20, 2 ** 20] }))),
      "expected 1099511627776 bytes for 1048576 × 1048576; found 4",
    ],
    ["negative dimensions", custom(FLAGS, dimensions(-2, -2), NAME, DATA), "doesn't fit"],
    [
      "a size that the compressed bytes can't have",
      encodeMat5(compressed(changed(matrix(SQUARE), 4, 2 ** 31))),
      "an element is larger than what holds it",
    ],
    [
      "an array behind the array",
      custom(FLAGS, dimensions(2, 2), NAME, DATA, DATA),
      'variable "X": more than an array; expected the end; found at least 20 bytes behind',
    ],
    ["endless zeros behind the array", encodeMat5(BOMB), "more than an array"],
    ["a cell array", encodeMat5(matrix({ ...SQUARE, flags: CLASS.cell })), '"X": an array that'],
    ["text in an array", encodeMat5(matrix({ ...SQUARE, flags: CLASS.char })), "found char"],
    ["a sparse array", encodeMat5(matrix({ ...SQUARE, flags: CLASS.sparse })), "found sparse"],
    ["a function", encodeMat5(matrix({ ...SQUARE, flags: 16 })), "found class 16"],
    [
      "complex numbers",
      encodeMat5(matrix({ ...SQUARE, flags: CLASS.double | 0x800 })),
      'variable "X": an array that can\'t be read; expected an array of real numbers; found complex',
    ],
  ])("%s", async (_, bytes, message) => {
    const error = await read(bytes).catch((caught) => caught);
    expect(error).toBeInstanceOf(ItamlError);
    expect(error.code).toBe("DATASET_INVALID");
    expect(error.message).toContain("made.mat");
    expect(error.message).toContain(message);
  });

  test("a file that isn't there, and a folder", async () => {
    const folder = temporaryFolder();
    for (const [path, found] of [
      [join(folder, "none.mat"), "nothing of that name"],
      [folder, "a folder"],
    ] as const) {
      const error = await readMat5(path).catch((caught) => caught);
      expect(error).toBeInstanceOf(ItamlError);
      expect(error.code).toBe("DATASET_MISSING");
      expect(error.message).toContain(`${path}: the file can't be read; found ${found}`);
    }
  });
});

test("takes little more memory than the array", async () => {
  const folder = temporaryFolder();
  const size = 50_000_000;
  // Bytes that compress to a quarter, as data may.
  const random = seededRandom("mat5");
  const values = Buffer.alloc(
    size,
    Uint8Array.from({ length: 100_000 }, () => random.integer(0, 3)),
  );
  const [plain, packed, tiny] = [SQUARE, SQUARE, SQUARE].map((_, i) => join(folder, `${i}.mat`));
  const large = matrix({ name: "X", shape: [1000, size / 1000], values });
  writeFileSync(plain as string, encodeMat5(large));
  writeFileSync(packed as string, encodeMat5(compressed(large, 1)));
  writeFileSync(tiny as string, encodeMat5(matrix(SQUARE)));
  const least = await peakMemory(tiny as string);
  // The whole file or the whole inflated stream besides the array would make it twice the size.
  expect((await peakMemory(plain as string)) - least).toBeLessThan(1.6 * size);
  expect((await peakMemory(packed as string)) - least).toBeLessThan(1.6 * size);
});

/** The most memory that a process of its own ever has while it reads a file, in bytes. */
async function peakMemory(path: string): Promise<number> {
  const module = pathToFileURL(join(import.meta.dirname, "../dist/formats/mat5.js"));
  const program = `
    import { readMat5 } from "${module}";
    await readMat5(${JSON.stringify(path)});
    console.log(process.resourceUsage().maxRSS);`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...["--input-type", "module", "--eval", program],
  ]);
  return Number(stdout) * 1024;
}

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ItamlError } from "../src/base/errors.js";
import { findDataset, isHere } from "../src/data/catalog.js";
import { loadMnist } from "../src/data/mnist.js";
import { makeStrokes } from "../src/data/strokes.js";
import { parseIdx, readIdxFile } from "../src/formats/idx.js";
import { type Dataset, indicesByClass } from "../src/samples/samples.js";
import { temporaryFolder } from "./support/folder.js";
import { encodeIdx, writeMadeMnist } from "./support/idx.js";
import { sharedData } from "./support/shared.js";

const shape = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 });
const file = shape.chain((sizes) => {
  const length = sizes.reduce((a, b) => a * b, 1);
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((data) => ({ sizes, data, bytes: encodeIdx(sizes, data) }));
});

function pixelsOf({ source }: Dataset["train"], indices: readonly number[]): Uint8Array {
  const data = new Uint8Array(indices.length * source.sampleSize);
  source.read(indices, data);
  return data;
}

describe("idx", () => {
  test("reads what was written", () =>
    fc.assert(
      fc.property(file, ({ sizes, data, bytes }) => {
        const parsed = parseIdx(bytes, "made");
        expect(parsed.shape).toEqual(sizes);
        expect(Array.from(parsed.data)).toEqual(Array.from(data));
      }),
    ));

  test("mangled bytes end in a typed error or in an array that fits its shape", () =>
    fc.assert(
      fc.property(
        file,
        fc.array(fc.tuple(fc.nat(40), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
        fc.nat(40),
        ({ bytes }, changes, cut) => {
          const mangled = bytes.slice(0, Math.max(0, bytes.length - cut));
          for (const [at, value] of changes) if (at < mangled.length) mangled[at] = value;
          try {
            const { shape: sizes, data } = parseIdx(mangled, "mangled");
            expect(data.length).toBe(sizes.reduce((a, b) => a * b, 1));
          } catch (error) {
            expect(error).toBeInstanceOf(ItamlError);
            expect((error as ItamlError).code).toBe("DATASET_INVALID");
          }
        },
      ),
      { numRuns: 1000 },
    ));

  test.each([
    ["a wrong magic number", Uint8Array.of(1, 2, 3, 4, 5), "found 01 02 03 04"],
    ["an empty file", new Uint8Array(0), "found an empty file"],
    ["a header cut off", Uint8Array.of(0, 0, 8, 3, 0, 0), "the header is cut off"],
    [
      "data cut off",
      encodeIdx([2, 3], new Uint8Array(6)).slice(0, -1),
      "expected 6 bytes for 2 × 3; found 5",
    ],
  ])("%s", (_, bytes, message) => {
    expect(() => parseIdx(bytes, "broken.idx")).toThrow(message);
    expect(() => parseIdx(bytes, "broken.idx")).toThrow("broken.idx");
  });

  test("a truncated .gz", async () => {
    const path = join(temporaryFolder(), "cut.gz");
    const whole = gzipSync(encodeIdx([500], new Uint8Array(500).fill(7)));
    writeFileSync(path, whole.subarray(0, whole.length - 9));
    await expect(readIdxFile(path)).rejects.toThrow("the gzip file is truncated or damaged");
  });
});

describe("MNIST", () => {
  test("reads packed and plain files alike", async () => {
    const folder = temporaryFolder();
    writeMadeMnist(folder);
    const packed = await loadMnist(folder);
    const labels = join(folder, "t10k-labels-idx1-ubyte");
    writeFileSync(labels, gunzipSync(readFileSync(`${labels}.gz`)));
    writeFileSync(`${labels}.gz`, "not read any more? it is: packed comes first");
    await expect(loadMnist(folder)).rejects.toThrow("not an idx file");
    expect(packed.train.source.length).toBe(300);
    expect(Array.from(packed.test.labels).slice(0, 4)).toEqual([0, 1, 2, 3]);
  });

  test("reads files with a dot before idx, and .gz files that aren't packed", async () => {
    const folder = temporaryFolder();
    writeMadeMnist(folder);
    const { train } = await loadMnist(folder);
    const plain = (name: string) => gunzipSync(readFileSync(join(folder, `${name}-ubyte.gz`)));
    writeFileSync(join(folder, "train-images.idx3-ubyte"), plain("train-images-idx3"));
    writeFileSync(join(folder, "train-labels-idx1-ubyte.gz"), plain("train-labels-idx1"));
    rmSync(join(folder, "train-images-idx3-ubyte.gz"));
    const again = (await loadMnist(folder)).train;
    expect(Array.from(again.labels)).toEqual(Array.from(train.labels));
    expect(pixelsOf(again, [0, 7])).toEqual(pixelsOf(train, [0, 7]));
    expect(isHere(findDataset("mnist"), folder)).toBe(true);
  });

  test("a folder without it, and no folder, say what is missing and what to do", async () => {
    const folder = temporaryFolder();
    await expect(loadMnist(folder)).rejects.toThrow("found a folder without them");
    await expect(loadMnist(join(folder, "none"))).rejects.toThrow(
      /found no such folder.*itaml data fetch mnist/,
    );
  });

  test.each([
    ["another number of labels", encodeIdx([299], new Uint8Array(299)), "expected 300 labels"],
    [
      "a label that is no digit",
      encodeIdx([300], new Uint8Array(300).fill(10, 7)),
      "record 7: not a digit; expected 0..9; found 10",
    ],
    ["images for labels", encodeIdx([3, 100], new Uint8Array(300)), "expected one dimension"],
  ])("%s", async (_, bytes, message) => {
    const folder = temporaryFolder();
    writeMadeMnist(folder);
    writeFileSync(join(folder, "train-labels-idx1-ubyte.gz"), gzipSync(bytes));
    await expect(loadMnist(folder)).rejects.toThrow(message);
  });

  test("images of another size", async () => {
    const folder = temporaryFolder();
    writeMadeMnist(folder);
    const images = encodeIdx([2, 32, 32], new Uint8Array(2048));
    writeFileSync(join(folder, "train-images-idx3-ubyte.gz"), gzipSync(images));
    await expect(loadMnist(folder)).rejects.toThrow("expected N × 28 × 28; found 2 × 32 × 32");
  });

  test("the real one has the published numbers", async (context) => {
    const folder = sharedData(context, "mnist");
    const { train, test: testing } = await loadMnist(folder);
    const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const counts = indicesByClass(train.labels, digits).map(({ length }) => length);
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(testing.source.length).toBe(10_000);
  });
});

describe("strokes", () => {
  const strokes = makeStrokes();

  test("has 600 training and 100 test images of each of ten classes", () => {
    for (const [part, count] of [
      [strokes.train, 600],
      [strokes.test, 100],
    ] as const) {
      const classes = indicesByClass(part.labels, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(classes.map(({ length }) => length)).toEqual(Array(10).fill(count));
    }
  });

  test("is the same every time, and no image is another one's copy", () => {
    const again = makeStrokes();
    const all = Array.from({ length: 1000 }, (_, i) => i);
    const data = pixelsOf(strokes.test, all);
    expect(Buffer.compare(data, pixelsOf(again.test, all))).toBe(0);
    const images = all.map((i) =>
      Buffer.from(data.subarray(784 * i, 784 * (i + 1))).toString("hex"),
    );
    expect(new Set(images).size).toBe(1000);
  });

  test("is normalised by its own mean and standard deviation", () => {
    const data = pixelsOf(
      strokes.train,
      Array.from({ length: 6000 }, (_, i) => i),
    );
    const mean = data.reduce((sum, value) => sum + value / 255, 0) / data.length;
    const squares = data.reduce((sum, value) => sum + (value / 255) ** 2, 0) / data.length;
    expect(mean).toBeCloseTo(strokes.input.mean[0] as number, 2);
    expect(Math.sqrt(squares - mean ** 2)).toBeCloseTo(strokes.input.std[0] as number, 2);
  });

  test("is too hard for the nearest class mean, though not without structure", () => {
    const means = Array.from({ length: 10 }, () => new Float64Array(784));
    const training = pixelsOf(
      strokes.train,
      Array.from({ length: 6000 }, (_, i) => i),
    );
    training.forEach((value, at) => {
      const mean = means[strokes.train.labels[Math.floor(at / 784)] as number] as Float64Array;
      mean[at % 784] = (mean[at % 784] as number) + value / 600;
    });
    const testing = pixelsOf(
      strokes.test,
      Array.from({ length: 1000 }, (_, i) => i),
    );
    let right = 0;
    for (let i = 0; i < 1000; i++) {
      const distances = means.map((mean) =>
        mean.reduce((sum, value, j) => sum + (value - (testing[784 * i + j] as number)) ** 2, 0),
      );
      const nearest = distances.indexOf(Math.min(...distances));
      right += Number(nearest === strokes.test.labels[i]);
    }
    expect(right / 1000).toBeGreaterThan(0.3);
    expect(right / 1000).toBeLessThan(0.8);
  });
});

test("an unknown data set suggests the nearest name", () => {
  expect(() => findDataset("minst")).toThrow('Did you mean "mnist"');
  expect(() => findDataset("unheard-of")).toThrow("expected strokes, mnist");
});

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ItamlError } from "../src/base/errors.js";
import { loadSvhn } from "../src/data/svhn.js";
import {
  allocateSamples,
  concatenateSources,
  type SampleSource,
  samplesInMemory,
} from "../src/samples/samples.js";
import { temporaryFolder } from "./support/folder.js";
import { encodeMat5, type MadeArray, matrix, writeMadeSvhn } from "./support/mat5.js";
import { sharedData } from "./support/shared.js";

const SAMPLE = 3 * 32 * 32;

/** The value of a pixel in made images: all that tells one from another. */
function pixel(row: number, column: number, channel: number, image: number): number {
  return (7 * row + 31 * column + 101 * channel + 13 * image) % 256;
}

/** Images as SVHN stores them: the row runs fastest. */
function madeImages(count: number, first = 0): Uint8Array {
  const images = new Uint8Array(count * SAMPLE);
  let at = 0;
  for (let image = first; image < first + count; image++) {
    for (let channel = 0; channel < 3; channel++) {
      for (let column = 0; column < 32; column++) {
        for (let row = 0; row < 32; row++) images[at++] = pixel(row, column, channel, image);
      }
    }
  }
  return images;
}

function writeMade(folder: string): void {
  writeMadeSvhn(folder, "train", madeImages(12), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2]);
  writeMadeSvhn(folder, "test", madeImages(2, 20), [10, 3]);
}

async function readSamples(source: SampleSource, indices: readonly number[]) {
  const samples = allocateSamples(source, indices.length);
  await source.read(indices, samples);
  return samples;
}

/** Expects a sample to be a made image, channels first, row by row. */
function expectImage(samples: ArrayLike<number>, at: number, image: number): void {
  const found: number[] = [];
  const expected: number[] = [];
  for (let i = 0; i < SAMPLE; i++) {
    found.push(samples[at * SAMPLE + i] as number);
    expected.push(pixel(Math.floor(i / 32) % 32, i % 32, Math.floor(i / 1024), image));
  }
  expect(found).toEqual(expected);
}

describe("SVHN", () => {
  test("each pixel arrives at its row, column and channel, and number 10 is the digit 0", async () => {
    const folder = temporaryFolder();
    writeMade(folder);
    const { name, classes, input, train, test: testing } = await loadSvhn(folder);
    expect(name).toBe("svhn");
    expect(classes).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect(input).toEqual({
      shape: [3, 32, 32],
      type: "uint8",
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    });
    const samples = await readSamples(train.source, [11, 0]);
    expectImage(samples, 0, 11);
    expectImage(samples, 1, 0);
    // Row 5, column 9 of the second channel of image 20.
    const first = await readSamples(testing.source, [0]);
    expect(first[1024 + 5 * 32 + 9]).toBe(pixel(5, 9, 1, 20));
    expect(Array.from(train.labels)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]);
    expect(classes[testing.labels[0] as number]).toBe("0");
  });

  test("with the additional samples behind those for training", async () => {
    const folder = temporaryFolder();
    writeMade(folder);
    await expect(loadSvhn(folder, { extra: true })).rejects.toThrow("expected extra_32x32.mat;");
    writeMadeSvhn(folder, "extra", madeImages(3, 12), [9, 10, 8]);
    const { name, train, test: testing } = await loadSvhn(folder, { extra: true });
    expect(name).toBe("svhn-extra");
    expect(train.source.length).toBe(15);
    expect(Array.from(train.labels).slice(11)).toEqual([2, 9, 0, 8]);
    const samples = await readSamples(train.source, [14, 3, 12, 13]);
    for (const [at, image] of [14, 3, 12, 13].entries()) expectImage(samples, at, image);
    expect(testing.source.length).toBe(2);
  });

  test("a folder without it, and no folder, say what is missing and what to do", async () => {
    const folder = temporaryFolder();
    await expect(loadSvhn(folder)).rejects.toThrow(
      "expected train_32x32.mat, test_32x32.mat; found a folder without them",
    );
    await expect(loadSvhn(join(folder, "none"))).rejects.toThrow(
      /found no such folder.*itaml data fetch svhn --data/,
    );
  });

  const x: MadeArray = { name: "X", shape: [32, 32, 3, 2], values: madeImages(2) };
  const y: MadeArray = { name: "y", shape: [2, 1], values: [1, 10] };

  test.each<[string, MadeArray[], string]>([
    ["no images", [y], "a variable is missing; expected X; found y"],
    ["no labels", [x], "a variable is missing; expected y; found X"],
    ["nothing at all", [], "a variable is missing; expected X; found none"],
    [
      "images of another size",
      [{ ...x, shape: [28, 28, 3, 2], values: new Uint8Array(4704) }, y],
      "variable X: not images of SVHN; expected 32 × 32 × 3 × N; found 28 × 28 × 3 × 2",
    ],
    [
      "samples first",
      [{ ...x, shape: [2, 32, 32, 3] }, y],
      "variable X: not images of SVHN; expected 32 × 32 × 3 × N; found 2 × 32 × 32 × 3",
    ],
    ["one image alone", [{ ...x, shape: [32, 32, 6] }, y], "found 32 × 32 × 6"],
    ["images of no bytes", [{ ...x, storage: "int16" }, y], "expected uint8; found other numbers"],
    ["a row of labels", [x, { ...y, shape: [1, 2] }], "y: not labels; expected N × 1; found 1 × 2"],
    [
      "another number of labels",
      [x, { ...y, shape: [3, 1], values: [1, 2, 3] }],
      "variable y: images and labels differ in number; expected 2 labels, as X has images; found 3",
    ],
    [
      "a label of none",
      [x, { ...y, values: [1, 0] }],
      "variable y, record 1: not the number of a digit; expected 1..10; found 0",
    ],
    ["a label above", [x, { ...y, values: [11, 1] }], "record 0: not the number of a digit"],
    ["half a label", [x, { ...y, values: [1, 2.5], storage: "double" }], "found 2.5"],
  ])("%s", async (_, arrays, message) => {
    const folder = temporaryFolder();
    writeMade(folder);
    const elements = arrays.map((array) => matrix(array));
    writeFileSync(join(folder, "test_32x32.mat"), encodeMat5(...elements));
    const error = await loadSvhn(folder).catch((caught) => caught);
    expect(error).toBeInstanceOf(ItamlError);
    expect(error.code).toBe("DATASET_INVALID");
    expect(error.message).toContain("test_32x32.mat");
    expect(error.message).toContain(message);
  });

  test("labels stored as doubles", async () => {
    const folder = temporaryFolder();
    writeMade(folder);
    const file = encodeMat5(matrix(x), matrix({ ...y, storage: "double" }));
    writeFileSync(join(folder, "test_32x32.mat"), file);
    const { test: testing } = await loadSvhn(folder);
    expect(Array.from(testing.labels)).toEqual([1, 0]);
  });

  test("a file of its format holds what its bytes say", async (context) => {
    const folder = sharedData(context, "svhn-like");
    const { train, test: testing } = await loadSvhn(folder);
    expect(train.source.length).toBe(2000);
    expect(testing.source.length).toBe(500);
    expect(new Set(Array.from(train.labels)).size).toBe(10);
    const file = readFileSync(join(folder, "test_32x32.mat"));
    // Header and tag of 136 bytes; then 64 bytes in front of the pixels.
    const stored = inflateSync(file.subarray(136, 136 + file.readUInt32LE(132))).subarray(64);
    const samples = await readSamples(testing.source, [0, 499]);
    for (const [at, image] of [0, 499].entries()) {
      const pixels = Array.from({ length: SAMPLE }, (_, i) => {
        const [channel, row, column] = [Math.floor(i / 1024), Math.floor(i / 32) % 32, i % 32];
        return stored[image * SAMPLE + channel * 1024 + column * 32 + row];
      });
      expect(Array.from(samples.subarray(at * SAMPLE, (at + 1) * SAMPLE))).toEqual(pixels);
    }
  });
});

describe("sources one behind the other", () => {
  const requests = fc
    .array(fc.nat(4), { minLength: 1, maxLength: 5 })
    .filter((sizes) => sizes.some((size) => size > 0))
    .chain((sizes) => {
      const last = sizes.reduce((a, b) => a + b) - 1;
      return fc.record({
        sizes: fc.constant(sizes),
        indices: fc.array(fc.nat(last), { maxLength: 20 }),
        waits: fc.boolean(),
      });
    });

  test("read as one array would, and tell which samples can't be read", () =>
    fc.assert(
      fc.asyncProperty(requests, async ({ sizes, indices, waits }) => {
        const total = sizes.reduce((a, b) => a + b);
        const all = Uint8Array.from({ length: 2 * total }, (_, i) => i);
        const isUnreadable = (index: number) => index % 3 === 2;
        let end = 0;
        const sources = sizes.map((size): SampleSource => {
          const start = end;
          end += size;
          const source = samplesInMemory(all.subarray(2 * start, 2 * end), 2);
          if (!waits) return source;
          return {
            ...source,
            async read(wanted, target, variation) {
              expect(variation).toEqual(["epoch", 1]);
              await source.read(wanted, target);
              return Array.from(wanted.keys()).filter((at) =>
                isUnreadable(start + (wanted[at] as number)),
              );
            },
          };
        });
        const one = concatenateSources(sources);
        expect(one.length).toBe(total);
        expect(one.type).toBe("uint8");
        const samples = allocateSamples(one, indices.length);
        const unreadable = await one.read(indices, samples, ["epoch", 1]);
        expect(samples).toEqual(await readSamples(samplesInMemory(all, 2), indices));
        expect(unreadable).toEqual(
          Array.from(indices.keys()).filter((at) => waits && isUnreadable(indices[at] as number)),
        );
      }),
    ));

  test.each([
    [
      "another size",
      [samplesInMemory(new Uint8Array(4), 2), samplesInMemory(new Uint8Array(4), 4)],
    ],
    [
      "another type",
      [samplesInMemory(new Uint8Array(4), 2), samplesInMemory(new Float32Array(4), 2)],
    ],
    ["none", []],
  ])("%s is refused", (_, sources) => {
    expect(() => concatenateSources(sources)).toThrow("expected samples of one size and type");
  });
});

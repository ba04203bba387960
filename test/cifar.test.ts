import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ItamlError } from "../src/base/errors.js";
import { loadCifar10, loadCifar100 } from "../src/data/cifar.js";
import { allocateSamples, indicesByClass, type LabelledSamples } from "../src/samples/samples.js";
import { temporaryFolder } from "./support/folder.js";
import { sharedData } from "./support/shared.js";

const PIXELS = 3072;
const BATCHES = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`);

/** Records whose pixels are their number and their position. */
function records(labels: readonly number[], labelBytes: 1 | 2): Buffer {
  return Buffer.concat(
    labels.map((label, i) =>
      Buffer.from([
        ...(labelBytes === 2 ? [19, label] : [label]),
        ...Array.from({ length: PIXELS }, (_, at) => (31 * i + at) % 256),
      ]),
    ),
  );
}

function writeCifar10(folder: string, { train = [[0], [1], [2], [3], [0, 4]], test = [0] } = {}) {
  BATCHES.forEach((name, i) => {
    writeFileSync(join(folder, name), records(train[i] as number[], 1));
  });
  writeFileSync(join(folder, "test_batch.bin"), records(test, 1));
}

function writeCifar100(folder: string, { train = [0, 2, 1], test = [1, 0] } = {}) {
  writeFileSync(join(folder, "train.bin"), records(train, 2));
  writeFileSync(join(folder, "test.bin"), records(test, 2));
}

async function pixels({ source }: LabelledSamples, ...indices: number[]) {
  const target = allocateSamples(source, indices.length);
  expect(await source.read(indices, target)).toEqual([]);
  return Uint8Array.from(target);
}

describe("CIFAR-10", () => {
  test("joins its batches", async () => {
    const folder = temporaryFolder();
    writeCifar10(folder);
    const { name, classes, input, train, test: testing } = await loadCifar10(folder);
    expect([name, classes, input.shape]).toEqual([
      "cifar10",
      ["0", "1", "2", "3", "4"],
      [3, 32, 32],
    ]);
    expect(Array.from(train.labels)).toEqual([0, 1, 2, 3, 0, 4]);
    expect(train.source.length).toBe(6);
    expect(testing.source.length).toBe(1);
    const last = records([0, 4], 1).subarray(PIXELS + 2);
    expect(Buffer.compare(await pixels(train, 5), last)).toBe(0);
  });

  test("reads the archive's folder inside the folder, and the names", async () => {
    const folder = temporaryFolder();
    const inside = join(folder, "cifar-10-batches-bin");
    mkdirSync(inside);
    writeCifar10(inside);
    writeFileSync(
      join(inside, "batches.meta.txt"),
      "airplane\r\nautomobile\nbird\ncat\ndeer\ndog\n\n",
    );
    const { classes } = await loadCifar10(folder);
    expect(classes).toEqual(["airplane", "automobile", "bird", "cat", "deer", "dog"]);
  });

  test("a label that is no class names file and record", async () => {
    const folder = temporaryFolder();
    writeCifar10(folder, { train: [[0], [1], [2], [3], [0, 10]] });
    await expect(loadCifar10(folder)).rejects.toThrow(
      /data_batch_5\.bin, record 1: .*expected 0\.\.9, the classes of CIFAR-10; found 10/,
    );
  });

  test("says which files are missing", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "data_batch_2.bin"), records([0], 1));
    await expect(loadCifar10(folder)).rejects.toThrow(
      /DATASET_MISSING: .*expected data_batch_1\.bin, data_batch_3\.bin.*test_batch\.bin; found a folder without.*itaml data fetch cifar10 --data/,
    );
    await expect(loadCifar10(join(folder, "none"))).rejects.toThrow("found no such folder");
  });
});

describe("CIFAR-100", () => {
  test("takes the fine label", async () => {
    const folder = temporaryFolder();
    writeCifar100(folder);
    const { name, classes, train, test: testing } = await loadCifar100(folder);
    expect([name, classes]).toEqual(["cifar100", ["0", "1", "2"]]);
    expect(Array.from(train.labels)).toEqual([0, 2, 1]);
    expect(Array.from(testing.labels)).toEqual([1, 0]);
    const [first, second] = [2, 1].map((i) => {
      const start = i * (PIXELS + 2) + 2;
      return records([0, 2, 1], 2).subarray(start, start + PIXELS);
    });
    const expected = Buffer.concat([first as Buffer, second as Buffer]);
    expect(Buffer.compare(await pixels(train, 2, 1), expected)).toBe(0);
  });

  test.each([
    ["a label of 100", { train: [0, 100] }, /train\.bin, record 1: .*expected 0\.\.99.*found 100/],
    [
      "a class without training samples",
      { train: [0, 1], test: [0, 1, 2] },
      /test\.bin, record 2: .*expected 0\.\.1, the labels of the training part; found 2/,
    ],
  ])("%s", async (_, parts, message) => {
    const folder = temporaryFolder();
    writeCifar100(folder, parts);
    await expect(loadCifar100(folder)).rejects.toThrow(message);
  });

  test("a label without a name, and a name that is there twice", async () => {
    const folder = temporaryFolder();
    writeCifar100(folder);
    const names = join(folder, "fine_label_names.txt");
    writeFileSync(names, "apple\naquarium_fish\n");
    await expect(loadCifar100(folder)).rejects.toThrow(
      /train\.bin, record 1: .*expected 0\.\.1, the names in fine_label_names\.txt; found 2/,
    );
    writeFileSync(names, "apple\nbaby\napple\n");
    await expect(loadCifar100(folder)).rejects.toThrow("line 3");
  });

  test.each([
    ["an empty file", Buffer.alloc(0), "found an empty file"],
    ["a record cut off", records([0, 1], 2).subarray(1), "a multiple of 3074 bytes; found 6147"],
    ["a file of CIFAR-10", records([0, 1], 1), "not whole records of CIFAR-100"],
  ])("%s", async (_, bytes, message) => {
    const folder = temporaryFolder();
    writeCifar100(folder);
    writeFileSync(join(folder, "test.bin"), bytes);
    await expect(loadCifar100(folder)).rejects.toThrow(message);
    await expect(loadCifar100(folder)).rejects.toThrow("ITAML_DATASET_INVALID");
  });

  test("tells the Python version", async () => {
    const message = "found the Python version; the binary version is read";
    const packed = temporaryFolder();
    mkdirSync(join(packed, "cifar-100-python"));
    await expect(loadCifar100(packed)).rejects.toThrow(message);
    const unpacked = temporaryFolder();
    writeFileSync(join(unpacked, "train"), "pickled");
    await expect(loadCifar100(unpacked)).rejects.toThrow(message);
    const pictures = temporaryFolder();
    mkdirSync(join(pictures, "train"));
    await expect(loadCifar100(pictures)).rejects.toThrow("found a folder without them");
  });

  test("mangled files end in a typed error or in samples as the files have them", async () => {
    const folder = temporaryFolder();
    const label = fc.nat(3);
    const mangling = fc.record({
      name: fc.constantFrom("train.bin", "test.bin"),
      record: fc.nat(3),
      byte: fc.oneof(fc.constantFrom(0, 1, 2), fc.nat(PIXELS)),
      value: fc.nat(255),
      cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(2 * (PIXELS + 2))),
    });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(label, { maxLength: 4 }),
        fc.array(label, { maxLength: 3 }),
        fc.array(mangling, { maxLength: 3 }),
        async (train, testing, manglings) => {
          writeCifar100(folder, { train, test: testing });
          for (const { name, record, byte, value, cut } of manglings) {
            const bytes = readFileSync(join(folder, name));
            const at = record * (PIXELS + 2) + byte;
            if (at < bytes.length) bytes[at] = value;
            writeFileSync(join(folder, name), bytes.subarray(0, Math.max(0, bytes.length - cut)));
          }
          try {
            const dataset = await loadCifar100(folder);
            for (const part of ["train", "test"] as const) {
              const { source, labels } = dataset[part];
              const file = readFileSync(join(folder, `${part}.bin`));
              expect(labels.length).toBe(source.length);
              expect(source.length * (PIXELS + 2)).toBe(file.length);
              const indices = Array.from(labels, (_, i) => i);
              const data = await pixels(dataset[part], ...indices);
              for (const i of indices) {
                const start = i * (PIXELS + 2);
                expect(labels[i]).toBe(file[start + 1]);
                expect(dataset.classes[labels[i] as number]).toBe(String(labels[i]));
                const own = data.subarray(i * PIXELS, (i + 1) * PIXELS);
                expect(file.subarray(start + 2, start + 2 + PIXELS).equals(own)).toBe(true);
              }
            }
            accepted++;
          } catch (error) {
            expect(error).toBeInstanceOf(ItamlError);
            expect((error as ItamlError).code).toBe("DATASET_INVALID");
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(10);
  });

  test("the real sample has its classes", async (context) => {
    const folder = sharedData(context, "cifar100");
    const { classes, train, test: testing } = await loadCifar100(folder);
    const all = classes.map((_, label) => label);
    expect(classes.length).toBe(20);
    for (const [{ labels }, count] of [
      [train, 200],
      [testing, 50],
    ] as const) {
      expect(indicesByClass(labels, all).map(({ length }) => length)).toEqual(
        Array(20).fill(count),
      );
    }
  });
});

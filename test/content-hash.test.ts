import { cpSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findDataset } from "../src/data/catalog.js";
import { contentHash, contentOf } from "../src/data/content-hash.js";
import { loadDataset } from "../src/data/load-dataset.js";
import { type Dataset, samplesInMemory } from "../src/samples/samples.js";
import { temporaryFolder } from "./support/folder.js";

function inMemory(samples: readonly number[], labels: readonly number[]): Dataset {
  const part = { source: samplesInMemory(Uint8Array.from(samples), 2), labels };
  const input = { shape: [2], type: "uint8", mean: [0], std: [1] } as const;
  return { name: "made", classes: ["a", "b"], input, train: part, test: part };
}

test("of samples in memory: every sample and label counts", async () => {
  const hash = (samples: number[], labels: number[]) => contentHash(inMemory(samples, labels), "");
  const first = await hash([1, 2, 3, 4], [0, 1]);
  expect(await hash([1, 2, 3, 4], [0, 1])).toBe(first);
  expect(await hash([1, 2, 3, 5], [0, 1])).not.toBe(first);
  expect(await hash([1, 2, 3, 4], [1, 0])).not.toBe(first);
});

test("of picture files: names, sizes and labels count, not where the folder is", async () => {
  const base = temporaryFolder();
  const folder = join(base, "pictures");
  for (const name of ["cat", "dog"]) {
    mkdirSync(join(folder, name), { recursive: true });
    // No pictures: none is read.
    for (let i = 0; i < 5; i++) writeFileSync(join(folder, name, `${i}.png`), `${name}${i}`);
  }
  const load = (path: string, size = 8) => {
    const options = { augmentation: {}, seed: 1, images: { size, broken: "error" } } as const;
    return loadDataset(findDataset("folder"), path, options);
  };
  const hash = async (path: string, { size = 8, asBefore = false } = {}) =>
    contentHash(await load(path, size), path, asBefore);
  const first = await hash(folder);
  expect(await hash(folder, { size: 16 })).toBe(first);
  const before = await hash(folder, { asBefore: true });
  expect(before).not.toBe(first);
  expect(await hash(folder, { asBefore: true, size: 16 })).not.toBe(before);
  const content = await contentOf(await load(folder), folder);
  expect(content.hash).toBe(first);
  const known = [first, before, await hash(folder, { asBefore: true, size: 16 })];
  expect(await Promise.all(known.map((stored) => content.is(stored)))).toEqual([true, true, false]);
  const copy = join(base, "copy");
  cpSync(folder, copy, { recursive: true });
  expect(await hash(copy)).toBe(first);
  writeFileSync(join(copy, "dog/3.png"), "another size");
  expect(await hash(copy)).not.toBe(first);
  renameSync(join(folder, "cat/0.png"), join(folder, "dog/9.png"));
  expect(await hash(folder)).not.toBe(first);
});

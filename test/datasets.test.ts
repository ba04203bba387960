import { describe, expect, test } from "vitest";
import { DATASETS, findDataset } from "../src/data/catalog.js";
import type { DatasetDescriptor, SampleSet } from "../src/data/dataset-descriptor.js";
import { loadDataset } from "../src/data/load-dataset.js";
import { builtInParts } from "../src/experiment/parts.js";
import { partsOf } from "../src/experiment/plugins.js";
import { withParts } from "../src/learners/parts.js";
import { type Dataset, samplesInMemory } from "../src/samples/samples.js";

function dots(changes: Partial<Dataset> = {}): Dataset {
  const part = { source: samplesInMemory(Uint8Array.of(0, 0, 255, 255), 2), labels: [0, 1] };
  const input = { shape: [2], type: "uint8", mean: [0.5], std: [0.5] } as const;
  return { name: "dots", classes: ["dark", "light"], input, train: part, test: part, ...changes };
}

/** A data set as an application brings it. */
const DOTS: SampleSet = {
  ...{ kind: "samples", name: "dots", title: "Dots", description: "two pixels, dark or light" },
  ...{ source: "made", licence: "CC0", files: [], contains: [] },
  load: async () => dots(),
};

const options = { augmentation: {}, seed: 1 };

describe("a data set from outside", () => {
  test("is found beside those that come with the program, and loads as they do", async () => {
    const { datasets } = withParts(builtInParts, partsOf({ datasets: [DOTS] }, "here"));
    expect(datasets).toEqual([...DATASETS, DOTS]);
    const found = findDataset("dots", datasets);
    const { classes, train } = await loadDataset(found, "", options);
    expect(classes).toEqual(["dark", "light"]);
    expect(train.source.length).toBe(2);
    expect(() => findDataset("dot", datasets)).toThrow('Did you mean "dots"');
    expect(() => findDataset("dots")).toThrow("DATASET_UNKNOWN");
  });

  const file = {
    ...{ name: "a.bin", urls: ["https://localhost/a.bin"], bytes: 1 },
    checksum: { algorithm: "md5", hash: "0".repeat(32), of: "file" },
  };
  test.each<[string, object, RegExp]>([
    ["a name that is a path", { name: "../up" }, /datasets\.0\.name: .*small letters/],
    ["no way to load it", { load: undefined }, /datasets\.0\.load: .*expected a function/],
    ["another kind", { kind: "sounds" }, /datasets\.0\.kind/],
    ["no licence", { licence: "" }, /datasets\.0\.licence/],
    ["a file that leaves its folder", { files: [{ ...file, name: "../a" }] }, /files\.0\.name/],
    ["a file without a source", { files: [{ ...file, urls: [] }] }, /files\.0\.urls/],
  ])("with %s is refused", (_, changes, message) => {
    const wrong = { ...DOTS, ...changes } as DatasetDescriptor;
    expect(() => partsOf({ datasets: [wrong] }, "here")).toThrow(message);
    expect(() => partsOf({ datasets: [wrong] }, "here")).toThrow("ITAML_CONFIG_INVALID: here");
  });

  test("with a name that is taken is refused", () => {
    expect(() => withParts(builtInParts, { datasets: [{ ...DOTS, name: "mnist" }] })).toThrow(
      'datasets: there are two datasets of one name; found "mnist"',
    );
  });

  test("that is nothing is refused", () => {
    for (const wrong of [undefined, null, 1, "mnist"]) {
      expect(() => partsOf({ datasets: [wrong] }, "here")).toThrow("here: a part is not one");
    }
  });

  const { train } = dots();
  test.each<[string, Partial<Dataset>, string]>([
    ["another shape", { input: { ...dots().input, shape: [3] } }, "expected 3 values of uint8"],
    ["another type", { input: { ...dots().input, type: "float32" } }, "found 2 of uint8"],
    [
      "too few labels",
      { train: { ...train, labels: [0] } },
      "train: not sound samples; expected 2",
    ],
    ["a label that is no class", { test: { ...train, labels: [0, 2] } }, "found 2, of sample 1"],
    ["half a label", { test: { ...train, labels: [0, 0.5] } }, "labels 0..1; found 0.5"],
  ])("whose samples have %s is refused", async (_, changes, message) => {
    const wrong = { ...DOTS, load: async () => dots(changes) };
    await expect(loadDataset(wrong, "", options)).rejects.toThrow(message);
    await expect(loadDataset(wrong, "", options)).rejects.toThrow("ITAML_DATASET_INVALID");
  });
});

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ItamlError } from "../src/base/errors.js";
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
} from "../src/experiment/checkpoint.js";
import { CheckpointFolder } from "../src/experiment/checkpoint-folder.js";
import { newClassifier, newModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { mlp } from "../src/nn/mlp.js";
import { encodeModel } from "../src/storage/model-files.js";
import { startOfEpoch } from "../src/training/training-state.js";
import { temporaryFolder } from "./support/folder.js";

const input = { shape: [3], type: "float32", mean: [0], std: [1] } as const;
const extractor = new FeatureExtractor(mlp({ hidden: [4] }), input);
const accept = () => {};

function madeCheckpoint(epoch = 2, batch = 0): Checkpoint {
  const makeModel = (seed: number) => {
    const model = newModel(extractor, seed);
    for (const task of [0, 1]) model.classifiers.push(newClassifier(4, 2, { seed, task }));
    return model;
  };
  const model = makeModel(1);
  return {
    training: {
      task: 1,
      position: { ...startOfEpoch(epoch), batch, lossSum: 1 / 3, steps: 7, seconds: 0.1 },
      model,
      optimizers: model.classifiers.map((classifier, i) => ({
        steps: 5 + i,
        moments: [{ theta: model.theta.slice(), classifier: classifier.slice() }],
      })),
      best: { accuracy: 0.7, model: makeModel(2) },
    },
    seconds: 12.5,
    origin: { itaml: "1.2.3", data: "abc", config: { seed: 1, epochs: [1, 2] } },
  };
}

test("a checkpoint comes back as it was", async () => {
  const checkpoint = madeCheckpoint();
  const bytes = encodeCheckpoint(checkpoint, extractor);
  expect(await decodeCheckpoint(bytes, extractor, "made", accept)).toEqual(checkpoint);
});

describe("damage is noticed", () => {
  const bytes = encodeCheckpoint(madeCheckpoint(), extractor);
  const decode = (damaged: Uint8Array) =>
    decodeCheckpoint(damaged, extractor, "run/made.safetensors", accept);
  const refusal = expect.objectContaining({ code: "FILE_INVALID" } satisfies Partial<ItamlError>);

  test("every flipped bit", async () => {
    const place = fc.tuple(fc.nat(bytes.length - 1), fc.nat(7));
    await fc.assert(
      fc.asyncProperty(place, async ([at, bit]) => {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] as number) ^ (1 << bit);
        await expect(decode(damaged)).rejects.toEqual(refusal);
      }),
    );
  });

  test("every cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        await expect(decode(bytes.subarray(0, length))).rejects.toEqual(refusal);
      }),
    );
    await expect(decode(Uint8Array.of(...bytes, 0))).rejects.toThrow(
      "run/made.safetensors: the checkpoint is damaged",
    );
  });

  test("a file of another kind", async () => {
    const { model } = madeCheckpoint().training;
    await expect(decode(encodeModel(model, extractor))).rejects.toThrow(
      "the checkpoint is damaged",
    );
  });

  test("numbers that are not finite", async () => {
    const checkpoint = madeCheckpoint();
    (checkpoint.training.optimizers[0]?.moments[0]?.theta as Float32Array)[1] = Number.NaN;
    await expect(decode(encodeCheckpoint(checkpoint, extractor))).rejects.toThrow(
      'tensor "optimizer.0.0.theta" has values that are not finite',
    );
  });
});

test("the last two are kept, the newest good one is read, and damaged ones go with the next", async () => {
  const path = join(temporaryFolder(), "checkpoints");
  const folder = new CheckpointFolder(path);
  expect(await folder.newest()).toBeUndefined();
  for (const [epoch, batch] of [
    [9, 0],
    [9, 12],
    [10, 0],
  ] as const) {
    await folder.save(madeCheckpoint(epoch, batch), extractor);
  }
  const [older, newer] = ["task01-epoch009-batch00012", "task01-epoch010-batch00000"].map(
    (name) => `${name}.safetensors`,
  ) as [string, string];
  expect(readdirSync(path).sort()).toEqual([older, newer]);
  expect(await folder.newest()).toBe(join(path, newer));

  writeFileSync(join(path, newer), readFileSync(join(path, newer)).subarray(0, -1));
  writeFileSync(join(path, `${newer}.partial`), "");
  const damaged: string[] = [];
  const read = await folder.load(1, extractor, accept, ({ problem }) => {
    damaged.push(problem.where as string);
  });
  expect(read?.training.position).toMatchObject({ epoch: 9, batch: 12 });
  expect(damaged).toEqual([join(path, newer)]);
  expect(await folder.load(2, extractor, accept, () => {})).toBeUndefined();

  await folder.save(madeCheckpoint(9, 20), extractor);
  expect(readdirSync(path).sort()).toEqual([older, "task01-epoch009-batch00020.safetensors"]);
  await folder.clear();
  expect(readdirSync(join(path, ".."))).toEqual([]);
});

import { expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { IncrementalClassifier, type ItamlError } from "../src/index.js";

const SIZE = 16;

/** Samples of a class: far from those of others, and each about the class's own place. */
function near(label: number, samples: number, noise = 0.3): Float32Array[] {
  const random = seededRandom("near", label, samples);
  return Array.from({ length: samples }, () =>
    Float32Array.from(
      { length: SIZE },
      (_, j) => 1 + (j === label ? 6 : 0) + noise * random.normal(),
    ),
  );
}

async function taught(learner: string, tasks: readonly (readonly Float32Array[])[][]) {
  const classifier = await IncrementalClassifier.create({
    ...{ inputShape: [SIZE], inputType: "float32", threads: 1, learner, network: "identity" },
    ...(learner === "replay-distillation" && {
      settings: { epochs: 60 },
      network: { name: "mlp", hidden: [32] } as const,
    }),
  });
  let label = 0;
  for (const task of tasks) {
    const labels = task.flatMap((own) => own.map(() => label + task.indexOf(own)));
    await classifier.learn({ images: task.flat(), labels });
    label += task.length;
  }
  return classifier;
}

const SUMMING = ["ridge", "slda", "ncm"];

test.each([...SUMMING, "replay-distillation"])(
  "%s finds tasks of other sizes, and is neither sure nor clueless, after one sample of each class",
  async (learner) => {
    const classifier = await taught(learner, [[near(0, 1), near(1, 1), near(2, 1)], [near(3, 1)]]);
    for (const label of [0, 3]) {
      const asked = near(label, 20);
      expect(new Set((await classifier.classify(asked)).labels)).toEqual(new Set([label]));
      expect(new Set((await classifier.classifyMixed(asked)).labels)).toEqual(new Set([label]));
      for (const found of await classifier.classifyWithConfidence(asked)) {
        expect(found.label).toBe(label);
        expect(found.confidence).toBeGreaterThan(0.5);
        expect(found.confidence).toBeLessThan(0.95);
      }
    }
    await classifier.release();
  },
);

test.each(SUMMING)("%s: a class alone at first says nothing of how sure it is", async (learner) => {
  const classifier = await taught(learner, [[near(0, 9)], [near(1, 1)], [near(2, 1)]]);
  const [found] = await classifier.classifyWithConfidence(near(1, 1));
  expect(found?.label).toBe(1);
  expect(found?.confidence).toBeGreaterThan(0.5);
  expect(found?.confidence).toBeLessThan(0.95);
  await classifier.release();
});

test.each(SUMMING)(
  "%s learns copies of one sample, and is saved and read again",
  async (learner) => {
    for (const copies of [2, 3, 5, 7]) {
      const same = [0, 1, 2, 3].map((label) => new Array(copies).fill(near(label, 1, 1)[0]));
      const [first, second, third, fourth] = same as [
        Float32Array[],
        Float32Array[],
        Float32Array[],
        Float32Array[],
      ];
      const classifier = await taught(learner, [[first], [second, third], [fourth]]);
      const asked = same.map(([one]) => one as Float32Array);
      expect(await classifier.classifyEach(asked)).toEqual([0, 1, 2, 3]);
      const again = await IncrementalClassifier.fromFiles(await classifier.toFiles());
      expect(await again.classifyEach(asked)).toEqual([0, 1, 2, 3]);
      await classifier.release();
      await again.release();
    }
  },
);

test.each(SUMMING)("%s refuses a sample that would be all that it knows", async (learner) => {
  const classifier = await taught(learner, [[near(0, 5), near(1, 5)]]);
  const files = await classifier.toFiles();
  // Stands for a missing value in many a raster.
  const missing = new Float32Array(SIZE).fill(-3.4e38);
  const learned = classifier.learn({ images: [...near(2, 3), missing], labels: [2, 2, 2, 2] });
  await expect(learned).rejects.toMatchObject({
    code: "LOSS_NOT_FINITE",
    problem: { where: "class 3, task 2" },
  } satisfies { code: ItamlError["code"]; problem: object });
  expect(await classifier.toFiles()).toEqual(files);
  expect(await classifier.classifyEach([...near(0, 1), ...near(1, 1)])).toEqual([0, 1]);
  await classifier.release();
});

test.each(["slda", "ridge", "ncm"])(
  "%s forgets a class of values far beyond those of others as any other",
  async (learner) => {
    const huge = Float32Array.from({ length: SIZE }, (_, j) => 1e8 + j);
    const classifier = await taught(learner, [
      [[huge], near(1, 9)],
      [near(2, 9), near(3, 9)],
    ]);
    await classifier.forget(0);
    expect(classifier.tasks).toEqual([[1], [2, 3]]);
    expect(await classifier.classifyEach([1, 2, 3].flatMap((label) => near(label, 1)))).toEqual([
      1, 2, 3,
    ]);
    const again = await IncrementalClassifier.fromFiles(await classifier.toFiles());
    expect(again.tasks).toEqual(classifier.tasks);
    await classifier.release();
    await again.release();
  },
);

test("slda learns beside a feature that is large, and the same for all", async () => {
  const labels = [0, 1, 2, 3];
  /** One feature tells classes apart, one has forty times its noise, and one is that of an instrument, say. */
  const beside = (label: number, samples: number) =>
    near(0, samples, 1).map((noise) => {
      const sample = new Float32Array(SIZE);
      sample.set([2 * (noise[0] as number), 0.3 * label + 0.05 * (noise[1] as number), 3e7]);
      return sample;
    });
  const classifier = await taught("slda", [labels.map((label) => beside(label, 30 + label))]);
  const found = await classifier.classifyEach(labels.flatMap((label) => beside(label, 10)));
  const right = found.filter((label, i) => label === labels[Math.floor(i / 10)]);
  expect(right.length).toBeGreaterThan(36);
  await classifier.release();
});

test.each(SUMMING)("%s is as sure in any unit", async (learner) => {
  for (const unit of [1e-7, 1, 1e4]) {
    const inUnit = (label: number) =>
      near(label, 1).map((sample) => sample.map((value) => unit * value));
    const classifier = await taught(learner, [[inUnit(0), inUnit(1)], [inUnit(2)]]);
    const [own] = await classifier.classifyWithConfidence(inUnit(1));
    expect(own?.label).toBe(1);
    expect(own?.confidence).toBeGreaterThan(0.7);
    expect(own?.confidence).toBeLessThan(0.9);
    await classifier.release();
  }
});

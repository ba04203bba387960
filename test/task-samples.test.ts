import { expect, test } from "vitest";
import { resolveConfig } from "../src/experiment/config.js";
import { builtInParts } from "../src/experiment/parts.js";
import { samplesOfEpochs, taskSamples } from "../src/experiment/task-samples.js";
import { createMethod } from "../src/learners/method.js";

function configOf(changes: object) {
  const complete = {
    ...{ dataset: "strokes", classesPerTask: 2, optimizer: { name: "sgd" }, continuum: 2 },
    ...{ learningRate: 0.1, epochs: 1, batchSize: 8 },
  };
  return resolveConfig({ ...complete, ...changes }, "test");
}

function labelsOf(...counts: number[]) {
  return { labels: counts.flatMap((count, label) => Array<number>(count).fill(label)) };
}

test("the samples of each task, by class", () => {
  const data = { classes: ["a", "b", "c"], train: labelsOf(2, 1, 1), test: labelsOf(2, 1, 3) };
  const { tasks, train, test: tested } = taskSamples(data, configOf({}));
  expect(tasks).toEqual([[0, 1], [2]]);
  expect(train).toEqual([[[0, 1], [2]], [[3]]]);
  expect(tested).toEqual([[[0, 1], [2]], [[3, 4, 5]]]);
});

test("an epoch has the samples of its task, and what is remembered", () => {
  const data = { classes: ["a", "b", "c"], train: labelsOf(9, 1, 5), test: labelsOf(2, 2, 2) };
  const samples = (learner: object | string, validation = 0) => {
    const config = configOf({ learner, validation });
    const method = createMethod(builtInParts.methods, config.learner, builtInParts);
    return samplesOfEpochs(taskSamples(data, config), method, validation);
  };
  expect(samples({ name: "itaml", memory: 6 })).toEqual([10, 5 + 3 + 1]);
  expect(samples("joint")).toEqual([10, 15]);
  expect(samples("finetuning")).toEqual([10, 5]);
  expect(samples({ name: "gdumb", memory: 6 })).toEqual([3 + 1, 2 + 1 + 2]);
  // At least one of each class is held out, and one is left.
  expect(samples("joint", 1 / 3)).toEqual([6 + 1, 6 + 1 + 3]);
});

test("all that is wrong is said at once", () => {
  const data = { classes: ["a", "b", "c"], train: labelsOf(2, 0, 1), test: labelsOf(2, 1, 1) };
  const divide = () =>
    taskSamples(data, configOf({ learner: { name: "itaml", memory: 2 }, continuum: 5, top: 2 }));
  for (const part of [
    "ITAML_MEMORY_TOO_SMALL: 4 problems; found ",
    "- memory: the exemplar memory has no room for every class",
    '- classes without training samples; found 1, such as "b"',
    "- continuum: a continuum is larger than a task's test set; expected at most 1, the test samples of task 2",
    "- top: top is no measure for tasks as small as these",
  ]) {
    expect(divide).toThrow(part);
  }
  expect(() => taskSamples(data, configOf({ learner: "finetuning", continuum: 5 }))).toThrow(
    "ITAML_DATASET_INVALID: 2 problems",
  );
});

test("every label is read once, however many classes there are", () => {
  const classes = Array.from({ length: 300 }, (_, label) => `${label}`);
  let reads = 0;
  const labels = new Proxy(
    Array.from({ length: 900 }, (_, i) => Math.floor(i / 3)),
    {
      get(target, key) {
        if (typeof key === "string" && /^\d+$/.test(key)) reads++;
        return Reflect.get(target, key);
      },
    },
  );
  const data = { classes, train: { labels }, test: { labels } };
  taskSamples(data, configOf({ classesPerTask: 2, learner: "finetuning" }));
  expect(reads).toBe(2 * 900);
});

import { performance } from "node:perf_hooks";
import { expect, test } from "vitest";
import { resolveConfig } from "../src/experiment/config.js";
import { taskSamples } from "../src/experiment/task-samples.js";

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

test("all that is wrong is said at once", () => {
  const data = { classes: ["a", "b", "c"], train: labelsOf(2, 0, 1), test: labelsOf(2, 1, 1) };
  const divide = () =>
    taskSamples(data, configOf({ learner: { name: "itaml", memory: 2 }, continuum: 5, top: 2 }));
  for (const part of [
    "ITAML_MEMORY_TOO_SMALL: 4 problems; found ",
    "- memory: the exemplar memory has no room for every class",
    '- classes without training samples; found 1, such as "b"',
    "- continuum: a continuum is larger than a task's test set; expected at most 1, the test samples of task 1",
    "- top: top is no measure for tasks as small as these",
  ]) {
    expect(divide).toThrow(part);
  }
  expect(() => taskSamples(data, configOf({ learner: "finetuning", continuum: 5 }))).toThrow(
    "ITAML_DATASET_INVALID: 2 problems",
  );
});

test("takes time in proportion to the number of classes", () => {
  const seconds = (count: number) => {
    const labels = Array.from({ length: 30 * count }, (_, i) => Math.floor(i / 30));
    const classes = Array.from({ length: count }, (_, label) => `${label}`);
    const config = configOf({ classesPerTask: 100, learner: { name: "itaml", memory: count } });
    const started = performance.now();
    taskSamples({ classes, train: { labels }, test: { labels } }, config);
    return (performance.now() - started) / 1000;
  };
  seconds(1000);
  // Sixteen times as many classes: 256 times as long were it quadratic, as the search for empty classes was.
  const least = (count: number) => Math.min(...[1, 2, 3].map(() => seconds(count)));
  expect(least(16_000)).toBeLessThan(64 * Math.max(least(1000), 0.004));
});

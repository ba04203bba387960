import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { continua, requiredContinuum } from "../src/incremental/continuum.js";
import { ExemplarMemory, herding, selectRandom } from "../src/incremental/exemplar-memory.js";
import { summarize } from "../src/incremental/metrics.js";
import { taskStream } from "../src/incremental/task-stream.js";
import { taskColumns } from "../src/model/task-columns.js";
import {
  isAmongTop,
  predictTask,
  taskEvidence,
  taskScores,
} from "../src/prediction/task-prediction.js";
import { expectClose } from "./support/close.js";
import { golden } from "./support/golden.js";

describe("task stream", () => {
  const options = { classCount: 10, classOrder: "natural", seed: 1 } as const;

  test("a number of classes for all tasks, with a smaller last one", () => {
    expect(taskStream({ ...options, classesPerTask: 4 })).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
  });

  test("tasks of different sizes", () => {
    expect(taskStream({ ...options, classesPerTask: [5, 2, 3] })).toEqual([
      [0, 1, 2, 3, 4],
      [5, 6],
      [7, 8, 9],
    ]);
  });

  test("fewer tasks than there are classes for", () => {
    expect(taskStream({ ...options, classesPerTask: 2, tasks: 2 })).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test("a shuffled order has each class once and depends on the seed", () => {
    const order = (seed: number) =>
      taskStream({ ...options, classesPerTask: 2, classOrder: "shuffled", seed }).flat();
    expect([...order(1)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });

  test.each([
    [{ classesPerTask: 2, tasks: 6 }, "at most 10 classes in all; found 12"],
    [{ classesPerTask: [6, 6] }, "at most 10 classes in all; found 12"],
    [{ classesPerTask: [5, 5], tasks: 3 }, "at most 2, the length of classesPerTask"],
  ])("refuses %o", (wrong, message) => {
    expect(() => taskStream({ ...options, ...wrong })).toThrow(message);
  });
});

describe("exemplar memory", () => {
  test("shares its capacity equally and cuts old classes from the end", async () => {
    const memory = new ExemplarMemory(10);
    const select = (from: number) => (newClass: number, count: number) =>
      Array.from({ length: count }, (_, i) => from + 100 * newClass + i);
    await memory.add(2, select(0));
    expect(memory.classes.map(({ length }) => length)).toEqual([5, 5]);
    await memory.add(1, select(1000));
    expect(memory.classes).toEqual([
      [0, 1, 2],
      [100, 101, 102],
      [1000, 1001, 1002],
    ]);
  });

  test("never holds more than its capacity", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 200 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 }),
        async (capacity, tasks) => {
          const classes = tasks.reduce((a, b) => a + b, 0);
          fc.pre(capacity === 0 || capacity >= classes);
          const memory = new ExemplarMemory(capacity);
          for (const task of tasks) {
            await memory.add(task, (_, count) => Array.from({ length: count }, (_, i) => i));
            expect(memory.classes.flat().length).toBeLessThanOrEqual(capacity);
          }
          expect(new Set(memory.classes.map(({ length }) => length)).size).toBe(1);
        },
      ),
    ));

  test("refuses a capacity below the number of classes", async () => {
    const memory = new ExemplarMemory(1);
    await expect(memory.add(2, () => [])).rejects.toThrow("at least 2, one sample for each class");
  });

  test("a random choice is seeded and without repetition", () => {
    const candidates = Array.from({ length: 50 }, (_, i) => 2 * i);
    const choice = selectRandom(candidates, 20, 1, "exemplars");
    expect(new Set(choice).size).toBe(20);
    expect(choice.every((index) => candidates.includes(index))).toBe(true);
    expect(choice).toEqual(selectRandom(candidates, 20, 1, "exemplars"));
    expect(choice).not.toEqual(selectRandom(candidates, 20, 2, "exemplars"));
  });

  test("herding takes first what is nearest to the mean, then balances", () => {
    // Directions 0°, 10°, 20°, 80°: the mean points at about 26°.
    const angles = [0, 10, 20, 80].map((degrees) => (degrees * Math.PI) / 180);
    const features = Float32Array.from(angles.flatMap((a) => [3 * Math.cos(a), 3 * Math.sin(a)]));
    const order = herding(features, 2, 4);
    expect(order[0]).toBe(2);
    expect([...order].sort()).toEqual([0, 1, 2, 3]);
  });

  test("herding's running mean is at every step the nearest that one more sample can give", () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(...Array.from({ length: 3 }, () => fc.integer({ min: -9, max: 9 }))), {
          minLength: 3,
          maxLength: 9,
        }),
        (points) => {
          fc.pre(points.every((point) => point.some((value) => value !== 0)));
          const features = Float32Array.from(points.flat());
          const unit = points.map((point) => point.map((value) => value / Math.hypot(...point)));
          const average = (rows: number[][]) =>
            [0, 1, 2].map((j) => rows.reduce((s, row) => s + (row[j] as number), 0) / rows.length);
          const goal = average(unit);
          const distance = (rows: number[][]) =>
            Math.hypot(...average(rows).map((value, j) => value - (goal[j] as number)));
          const chosen = herding(features, 3, points.length);
          chosen.forEach((choice, step) => {
            const before = chosen.slice(0, step).map((i) => unit[i] as number[]);
            const remaining = chosen.slice(step);
            const best = Math.min(
              ...remaining.map((i) => distance([...before, unit[i] as number[]])),
            );
            expect(distance([...before, unit[choice] as number[]])).toBeLessThan(best + 1e-5);
          });
        },
      ),
    ));
});

describe("continua", () => {
  test("cut every sample into exactly one group of p, the last one shorter", () => {
    const samples = Array.from({ length: 45 }, (_, i) => 1000 + i);
    const groups = continua(samples, 20, { seed: 1, task: 3 });
    expect(groups.map(({ length }) => length)).toEqual([20, 20, 5]);
    expect(groups.flat().sort()).toEqual(samples);
    expect(groups).toEqual(continua(samples, 20, { seed: 1, task: 3 }));
    expect(groups).not.toEqual(continua(samples, 20, { seed: 2, task: 3 }));
  });

  test("the paper's bound for CIFAR-100: 17 samples", () => {
    // Equal accuracies have no spread: p0 = 0.185.
    const bound = requiredContinuum(Array(10).fill(0.185), 10);
    expect(bound?.samples).toBe(17);
    expect(bound?.vote).toBeCloseTo(0.259, 3);
    expect(bound?.probability).toBeCloseTo(0.9575, 3);
  });

  test("the bound needs one sample for one task and more than there are for hopeless ones", () => {
    expect(requiredContinuum([0.9], 2)?.samples).toBe(1);
    expect(requiredContinuum([0, 0, 0], 1)).toBeUndefined();
  });
});

describe("task prediction", () => {
  test("equals the reference", () => {
    const reference = golden("task_scores.safetensors");
    const logits = { data: reference.numbers("logits"), columns: 10, unreadable: [] };
    const columns = taskColumns([2, 2, 2, 2, 2]);
    const continuum = Array.from({ length: 20 }, (_, i) => i);
    expectClose(
      taskScores(taskEvidence(logits, columns, "maximum"), continuum),
      reference.numbers("scores_first20"),
    );
    expect([predictTask(taskEvidence(logits, columns, "maximum"), continuum)]).toEqual(
      reference.integers("task_first20"),
    );
  });

  test("of equal scores the lower task wins, and tasks may differ in size", () => {
    const logits = { data: Float32Array.of(1, 0, 3, 2, 2, 3), columns: 6, unreadable: [] };
    const columns = taskColumns([1, 2, 3]);
    expect(taskScores(taskEvidence(logits, columns, "maximum"), [0])).toEqual([1, 3, 3]);
    expect(predictTask(taskEvidence(logits, columns, "maximum"), [0])).toBe(1);
  });

  test("a class is among the top k; of equal logits the first counts", () => {
    const logits = { data: Float32Array.of(9, 9, 9, 2, 1, 3, 2, 0), columns: 4, unreadable: [] };
    const amongTop = (k: number) => [0, 1, 2, 3].map((column) => isAmongTop(logits, 1, column, k));
    expect(amongTop(1)).toEqual([false, true, false, false]);
    expect(amongTop(2)).toEqual([false, true, true, false]);
    expect(amongTop(4)).toEqual([true, true, true, true]);
    expect([0, 1, 2].map((column) => isAmongTop(logits, 0, column, 2))).toEqual([
      true,
      true,
      false,
    ]);
  });
});

test("summaries equal the check matrix", () => {
  const matrix = [
    [0.9],
    [0.8, 0.93],
    [0.95, 0.7, 0.92],
    [0.75, 0.94, 0.74, 0.9],
    [0.7, 0.72, 0.96, 0.66, 0.88],
  ];
  const summary = summarize(matrix);
  expect(summary.averageAccuracy).toBeCloseTo(0.784, 10);
  expect(summary.averageIncrementalAccuracy).toBeCloseTo(0.8476, 4);
  expect(summary.forgetting).toBeCloseTo(0.1675, 10);
  expect(summary.backwardTransfer).toBeCloseTo(-0.1525, 10);
  expect(summarize([[0.9]])).toEqual({
    averageAccuracy: 0.9,
    averageIncrementalAccuracy: 0.9,
    forgetting: 0,
    backwardTransfer: 0,
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { splitContinuum } from "../src/prediction/mixed-continuum.js";

/**
 * log p(task | sample) of samples that speak for their own task with about this probability, and one in five for another;
 * no two alike, since of equal ones rounding, and so the order, would decide.
 */
function madeEvidence(tasks: readonly number[], columns: number, probability: number, seed = 1) {
  const random = seededRandom("evidence", seed);
  const data = tasks.flatMap((own, i) => {
    const said = i % 5 === 4 ? random.integer(0, columns - 1) : own;
    return Array.from({ length: columns }, (_, task) => {
      const even = Math.log(task === said ? probability : (1 - probability) / (columns - 1));
      return even + random.uniform(0, 0.01);
    });
  });
  return { data: Float32Array.from(data), columns, unreadable: [] };
}

const rows = (tasks: readonly number[]) => tasks.map((_, row) => row);
const share = (found: readonly number[], tasks: readonly number[]) =>
  found.filter((task, i) => task === tasks[i]).length / tasks.length;

test("a continuum of one task stays whole, though single samples speak for others", () => {
  const tasks = new Array<number>(20).fill(3);
  const evidence = madeEvidence(tasks, 5, 0.8);
  expect(splitContinuum(evidence, rows(tasks))).toEqual(tasks);
});

test("a continuum of two tasks is split", () => {
  const tasks = [...new Array<number>(10).fill(1), ...new Array<number>(10).fill(4)];
  const found = splitContinuum(madeEvidence(tasks, 5, 0.8), rows(tasks));
  expect(new Set(found)).toEqual(new Set([1, 4]));
  expect(share(found, tasks)).toBeGreaterThanOrEqual(0.8);
});

test("a single sample gets the task that it speaks for", () => {
  const evidence = { data: Float32Array.of(-3, -0.1, -4), columns: 3, unreadable: [] };
  expect(splitContinuum(evidence, [0])).toEqual([1]);
});

test("what is surely of another task leaves the continuum", () => {
  const tasks = [0, 0, 0, 0, 2, 0, 0, 0];
  const data = tasks.flatMap((own) => [0, 1, 2].map((task) => (task === own ? 0 : -2000)));
  const evidence = { data: Float32Array.from(data), columns: 3, unreadable: [] };
  expect(splitContinuum(evidence, rows(tasks))).toEqual(tasks);
});

test("the order of the samples changes nothing", () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 100 }),
      (tasks, seed) => {
        const evidence = madeEvidence(tasks, 4, 0.7, seed);
        const order = seededRandom("order", seed).shuffle(rows(tasks));
        const found = splitContinuum(evidence, rows(tasks));
        expect(splitContinuum(evidence, order)).toEqual(order.map((row) => found[row]));
      },
    ),
    { numRuns: 50 },
  ));

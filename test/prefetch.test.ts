import { expect, test } from "vitest";
import { prefetch } from "../src/model/prefetch.js";

/** Loads numbers, and keeps a record of when each was asked for and done with. */
function recorder() {
  const log: string[] = [];
  const load = async (item: number) => {
    log.push(`ask ${item}`);
    await new Promise((resolve) => setImmediate(resolve));
    if (item === 3) throw new Error("3 is broken");
    log.push(`have ${item}`);
    return 10 * item;
  };
  return { log, load };
}

test("while a mini-batch is in use the next two are loaded, and no more", async () => {
  const { log, load } = recorder();
  const values: number[] = [];
  for await (const { value, waited } of prefetch([4, 5, 6, 7, 8], load)) {
    expect(waited).toBeGreaterThanOrEqual(0);
    values.push(value);
    const asked = log.filter((line) => line.startsWith("ask")).length;
    expect(asked).toBe(Math.min(values.length + 2, 5));
  }
  expect(values).toEqual([40, 50, 60, 70, 80]);
});

test("an item that can't be loaded fails when it is its turn, and what is under way ends first", async () => {
  const { log, load } = recorder();
  const values: number[] = [];
  const all = async () => {
    for await (const { value } of prefetch([1, 2, 3, 4, 5, 6], load)) values.push(value);
  };
  await expect(all()).rejects.toThrow("3 is broken");
  expect(values).toEqual([10, 20]);
  expect(log).toContain("have 5");
  expect(log).not.toContain("ask 6");
});

test("who stops early leaves nothing under way", async () => {
  const { log, load } = recorder();
  for await (const _ of prefetch([4, 5, 6, 7], load)) break;
  expect(log).toEqual(["ask 4", "ask 5", "ask 6", "have 4", "have 5", "have 6"]);
});

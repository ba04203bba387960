import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { oneAtATime } from "../src/files/one-at-a-time.js";
import { temporaryFolder } from "./support/folder.js";

/** Work that shows whether another did it at the same time. */
function counted() {
  const state = { now: 0, most: 0, done: 0 };
  const work = async () => {
    state.most = Math.max(state.most, ++state.now);
    await delay(20);
    state.now--;
    return ++state.done;
  };
  return { state, work };
}

test("work is done by one after another, and the lease goes with the last", async () => {
  const folder = temporaryFolder();
  const { state, work } = counted();
  const lease = join(folder, "lease");
  const all = await Promise.all(Array.from({ length: 5 }, () => oneAtATime(lease, work)));
  expect(all.sort()).toEqual([1, 2, 3, 4, 5]);
  expect(state.most).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});

test("work that fails leaves the lease to others", async () => {
  const folder = temporaryFolder();
  const lease = join(folder, "lease");
  const failing = oneAtATime(lease, () => Promise.reject(new Error("failed")));
  await expect(failing).rejects.toThrow("failed");
  expect(await oneAtATime(lease, async () => "done")).toBe("done");
});

test("the lease of a process that is gone is taken over, by one of those that wait", async () => {
  const folder = temporaryFolder();
  const lease = join(folder, "lease");
  writeFileSync(lease, "elsewhere 1 gone\n");
  const { state, work } = counted();
  let waited = 0;
  const options = { patience: 300, onWait: () => waited++ };
  await Promise.all([1, 2, 3].map(() => oneAtATime(lease, work, options)));
  expect(state).toEqual({ now: 0, most: 1, done: 3 });
  expect(waited).toBeGreaterThan(0);
  expect(readdirSync(folder)).toEqual([]);
});

test("waiting ends with a signal", async () => {
  const lease = join(temporaryFolder(), "lease");
  writeFileSync(lease, "elsewhere 1 busy\n");
  const signal = AbortSignal.timeout(50);
  await expect(oneAtATime(lease, async () => {}, { signal })).rejects.toThrow();
  expect(signal.aborted).toBe(true);
});

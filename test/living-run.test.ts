import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changeLivingRun, isLiving, withLivingRun } from "../src/cli/living.js";
import { startExperiment } from "../src/experiment/experiment.js";
import { smallConfig } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";

test.each(["itaml", "ridge"])(
  "a run of %s is taught more and forgets; its results stay",
  async (name) => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const learner = name === "itaml" ? {} : { learner: { name } };
    await startExperiment(run, smallConfig(folder, { tasks: 2, ...learner }));
    const results = readFileSync(join(run, "results.json"), "utf8");
    const model = readFileSync(join(run, "tasks/01/model.safetensors"));
    expect(isLiving(run)).toBe(false);

    await withLivingRun(run, {}, async ({ classifier }) => {
      expect(classifier.tasks.map(({ length }) => length)).toEqual([2, 2]);
    });
    const size = 28 * 28;
    const [known] = await withLivingRun(run, {}, async ({ classifier }) => classifier.tasks.flat());
    const images = new Uint8Array(12 * size).map((_, i) =>
      Math.floor(i / size) < 6 ? 255 : i % 7,
    );
    await changeLivingRun(run, async ({ classifier }) => {
      const labels = Array.from({ length: 12 }, (_, i) => (i < 6 ? "white" : (known as string)));
      await classifier.learn({ images, labels });
    });
    await changeLivingRun(run, async ({ classifier }) => {
      expect(classifier.tasks.at(-1)).toEqual(["white"]);
      await classifier.forget(known as string);
    });
    await withLivingRun(run, {}, async ({ classifier }) => {
      expect(classifier.tasks.map(({ length }) => length)).toEqual([1, 2, 1]);
      expect(await classifier.classifyEach(images.subarray(0, size))).toEqual(["white"]);
    });

    const failed = changeLivingRun(run, async ({ classifier }) => {
      await classifier.forget("white");
      throw new Error("stopped");
    });
    await expect(failed).rejects.toThrow("stopped");
    await withLivingRun(run, {}, async ({ classifier }) => {
      expect(classifier.tasks.flat()).toContain("white");
    });
    expect(readFileSync(join(run, "results.json"), "utf8")).toBe(results);
    expect(readFileSync(join(run, "tasks/01/model.safetensors")).equals(model)).toBe(true);
  },
);

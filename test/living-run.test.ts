import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test, vi } from "vitest";
import { seededRandom } from "../src/base/random.js";
import { changeLivingRun, isLiving, withLivingRun } from "../src/cli/living.js";
import { resolveConfig } from "../src/experiment/config.js";
import { resumeExperiment, startExperiment } from "../src/experiment/experiment.js";
import { IncrementalClassifier } from "../src/library/incremental-classifier.js";
import { labelledPictures } from "../src/library/pictures.js";
import { itamlHere } from "./support/command-line.js";
import { smallConfig, smallLearner } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";
import { writeImageNetwork } from "./support/image-network.js";
import { writePictureFolder } from "./support/pictures.js";

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

test("what a run on features has become is opened by the library, and takes picture files", async () => {
  vi.stubEnv("ITAML_CACHE", temporaryFolder());
  const folder = temporaryFolder();
  const at = (...path: string[]) => join(folder, ...path);
  await writePictureFolder(folder, { train: 6, test: 3, more: 4 });
  writeImageNetwork(at("network.onnx"), { size: 8 });
  const config = {
    ...{ dataset: "folder", data: folder, classesPerTask: 2, continuum: 2, threads: 1 },
    ...{ features: { model: at("network.onnx") }, learner: "ridge" },
    images: { size: 8, testResize: 12 },
  };
  await startExperiment(at("run"), resolveConfig(config, "test"));
  rmSync(at("more", "class2"), { recursive: true });
  rmSync(at("more", "class3"), { recursive: true });
  const { images, labels } = await labelledPictures(at("more"));
  const unknown = (await labelledPictures(at("test"))).images;
  const said = await changeLivingRun(at("run"), async ({ classifier, read }) => {
    await classifier.learn({ images: await read(images, false), labels });
    return await classifier.classifyWithConfidence(await read(unknown, false));
  });

  // Version 0.3 stored no word of the features.
  cpSync(at("run"), at("old"), { recursive: true });
  rmSync(at("old", "living", "features.json"));
  const old = await withLivingRun(at("old"), {}, async ({ classifier, read }) =>
    classifier.classifyWithConfidence(await read(unknown, false)),
  );
  expect(old).toEqual(said);

  const opened = await IncrementalClassifier.load(at("run", "living"));
  expect(await opened.classifyWithConfidence(unknown)).toEqual(said);
  const counts = opened.classes().map(({ label, samples }) => [label, samples]);
  expect(Object.fromEntries(counts)).toEqual({ class0: 10, class1: 10, class2: 6, class3: 6 });
  expect(opened.classes().every(({ learned, changed }) => learned && changed)).toBe(true);
  await opened.save(at("saved"));
  const again = await IncrementalClassifier.load(at("saved"));
  expect(await again.classifyWithConfidence(unknown)).toEqual(said);
  await Promise.all([opened.release(), again.release()]);

  // Files are scaled as the run scales them, which is otherwise than without `images`.
  const file = at("saved", "features.json");
  const { images: _, ...usual } = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify(usual));
  const other = await IncrementalClassifier.load(at("saved"));
  expect(await other.classifyWithConfidence(unknown)).not.toEqual(said);
  await other.release();
});

test.each(["logits", "nearest-mean", "discriminant"])(
  "what a run with the head %s has become says one by one what that head says",
  async (head) => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const learner = smallLearner({ name: "replay", adaptation: "none", head });
    await startExperiment(run, smallConfig(folder, { tasks: 2, learner }));
    // Noise, of which heads think differently.
    const files = Array.from({ length: 40 }, (_, i) => join(folder, `${i}.png`));
    for (const [i, file] of files.entries()) {
      const random = seededRandom("noise", i);
      const pixels = Uint8Array.from({ length: 28 * 28 }, () => random.integer(0, 255));
      await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
        .png()
        .toFile(file);
    }
    const labels = await changeLivingRun(run, async ({ classifier, read }) => {
      await classifier.forget(classifier.tasks.flat()[0] as string);
      return await classifier.classifyEach(await read(files, false));
    });
    const ask = async (...options: string[]) => {
      const { stdout } = await itamlHere(folder, ["classify", run, ...files, "--json", ...options]);
      return JSON.parse(stdout).images as { label?: string; confidence?: number }[];
    };
    const each = await ask("--each");
    expect(each.map(({ label }) => label)).toEqual(labels);
    const isSure = head === "discriminant";
    expect(each.every(({ confidence }) => (confidence !== undefined) === isSure)).toBe(true);
    const atLeast = await ask("--each", "--at-least", "0");
    expect(atLeast.every(({ confidence }) => confidence !== undefined)).toBe(true);
  },
);

test("a run that isn't finished is taught nothing", async () => {
  const folder = temporaryFolder();
  const run = join(folder, "run");
  await startExperiment(run, smallConfig(folder, { tasks: 2 }));
  const controller = new AbortController();
  const stopped = resumeExperiment(run, 1, {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });

  const change = () =>
    changeLivingRun(run, async ({ classifier }) => {
      await classifier.forget(classifier.tasks.flat()[0] as string);
    });
  await expect(change()).rejects.toMatchObject({ code: "RUN_DIRECTORY" });
  await expect(change()).rejects.toThrow(
    `the run isn't finished; expected a run whose tasks are all trained. Finish it first with: itaml train --resume --out ${run}`,
  );
  expect(isLiving(run)).toBe(false);
  await resumeExperiment(run, undefined);
  await change();
  expect(isLiving(run)).toBe(true);
});

test("what a run has become doesn't outlive it", async () => {
  const folder = temporaryFolder();
  const run = join(folder, "run");
  const config = smallConfig(folder, { tasks: 2 });
  await startExperiment(run, config);
  await changeLivingRun(run, async ({ classifier }) => {
    await classifier.forget(classifier.tasks.flat()[0] as string);
  });
  const files = ["results.json", "tasks/01/model.safetensors", "living/model.safetensors"];
  const content = () => files.map((name) => readFileSync(join(run, name), "base64"));
  const before = content();
  await expect(resumeExperiment(run, 1)).rejects.toMatchObject({ code: "RUN_DIRECTORY" });
  await expect(resumeExperiment(run, 1)).rejects.toThrow(
    `itaml train --from-task 2 --force --out ${run}`,
  );
  // With a task more the run isn't what was taught.
  const more = { config: smallConfig(folder, { tasks: 3 }) };
  await expect(resumeExperiment(run, undefined, more)).rejects.toMatchObject({
    code: "RUN_CHANGED",
  });
  // Nothing is trained.
  await resumeExperiment(run, undefined);
  expect(content()).toEqual(before);

  const warnings: string[] = [];
  const onWarning = (message: string) => warnings.push(message);
  await resumeExperiment(run, 1, { force: true, onWarning });
  expect(warnings.join()).toContain(`${join(run, "living")} is removed`);
  expect(existsSync(join(run, "living"))).toBe(false);
  await withLivingRun(run, {}, async ({ classifier }) => {
    expect(classifier.tasks.map(({ length }) => length)).toEqual([2, 2]);
  });

  await changeLivingRun(run, async ({ classifier }) => {
    await classifier.forget(classifier.tasks.flat()[0] as string);
  });
  // Nor where a process ended while another took its place.
  renameSync(join(run, "living"), join(run, "living.replaced"));
  await expect(resumeExperiment(run, 1)).rejects.toMatchObject({ code: "RUN_DIRECTORY" });
  await resumeExperiment(run, undefined, { ...more, force: true, onWarning });
  expect(warnings).toHaveLength(2);
  expect(isLiving(run)).toBe(false);

  // Nor what a process left that ended while it wrote it.
  mkdirSync(join(run, "living.partial"));
  writeFileSync(join(run, "living.partial/exemplars.safetensors"), "half");
  await resumeExperiment(run, 1, { force: true });
  expect(readdirSync(run).filter((name) => name.startsWith("living"))).toEqual([]);
});

test("a run that can't store what it would become isn't taught", async () => {
  const folder = temporaryFolder();
  const run = join(folder, "run");
  await startExperiment(run, smallConfig(folder, { tasks: 2 }));
  mkdirSync(join(run, "living"));
  writeFileSync(join(run, "living/notes.txt"), "mine");
  let taught = false;
  const change = changeLivingRun(run, async () => {
    taught = true;
  });
  await expect(change).rejects.toMatchObject({ code: "NOT_WRITABLE" });
  await expect(change).rejects.toThrow("found notes.txt. Move it away");
  expect(taught).toBe(false);
});

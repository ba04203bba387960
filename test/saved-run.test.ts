import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Config, type ConfigInput, resolveConfig } from "../src/experiment/config.js";
import { startExperiment } from "../src/experiment/experiment.js";
import { RunDirectory } from "../src/experiment/run-directory.js";
import { withSavedRun } from "../src/experiment/saved-run.js";
import { createLearner, prepare } from "../src/experiment/setup.js";
import type { TrainingMethod } from "../src/learners/method.js";
import { itamlHere } from "./support/command-line.js";
import { smallConfig, smallLearner } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";
import { writePictureFolder } from "./support/pictures.js";

/** Pictures that are scaled, varied and cropped, each in another way in training than in tests. */
async function pictureConfig(folder: string, changes: Partial<ConfigInput> = {}): Promise<Config> {
  await writePictureFolder(join(folder, "data"), { train: 8, test: 4 });
  return resolveConfig(
    {
      ...{ dataset: "folder", data: join(folder, "data"), classesPerTask: 2, threads: 1 },
      images: { size: 8, resize: 10, testResize: 9 },
      augmentation: { crop: "resized", flip: true },
      ...{ network: { name: "mlp", hidden: [16] }, optimizer: { name: "sgd", momentum: 0.9 } },
      ...{ learningRate: 0.02, epochs: 6, batchSize: 8, continuum: 2 },
      learner: smallLearner({ memory: 20 }),
      ...changes,
    },
    "test",
  );
}

const PICTURES = [0, 1].map((label) => `pictures/class${label}/000.jpg`);

/** What a user gets of a run: its answers and its exported model. */
async function answers(folder: string) {
  const ask = async (...args: string[]) => {
    const { code, stdout, stderr } = await itamlHere(folder, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout;
  };
  const asked = [
    await ask("classify", "run", ...PICTURES),
    await ask("classify", "run", ...PICTURES, "--each"),
    await ask("classify", "run", ...PICTURES, "--task", "1", "--at-least", "0.5", "--json"),
    await ask("export", "run", "model.onnx"),
  ];
  return { asked, model: readFileSync(join(folder, "model.onnx")).toString("base64") };
}

describe("a run stands by itself", () => {
  test("whatever becomes of its class folders; what needs them says that they have changed", async () => {
    const folder = temporaryFolder();
    await startExperiment(join(folder, "run"), await pictureConfig(folder));
    const data = join(folder, "data");
    cpSync(join(data, "test"), join(folder, "pictures"), { recursive: true });
    const before = await answers(folder);
    expect(before.asked[1]).toMatch(
      /^pictures\/class0\/000\.jpg: class0 .*\npictures\/class1\/000\.jpg: class1 .*\n$/,
    );
    expect(await itamlHere(folder, ["evaluate", "run", "--p", "1"])).toMatchObject({ code: 0 });

    for (const part of ["train", "test"]) {
      cpSync(join(data, part, "class3"), join(data, part, "ant"), { recursive: true });
      renameSync(join(data, part, "class0"), join(data, part, "zebra"));
      cpSync(join(data, part, "class1/000.jpg"), join(data, part, "class1/!.jpg"));
    }
    expect(await answers(folder)).toEqual(before);
    const evaluated = await itamlHere(folder, ["evaluate", "run", "--p", "1"]);
    expect(evaluated.code).toBe(1);
    expect(evaluated.stderr).toContain("the data set is another one than the run learned");

    rmSync(data, { recursive: true });
    const classified = await itamlHere(folder, ["classify", "run", ...PICTURES]);
    expect(classified).toMatchObject({ code: 0, stdout: before.asked[0] });
    const missing = await itamlHere(folder, ["evaluate", "run", "--p", "1"]);
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toContain("ITAML_DATASET_MISSING");
  });

  test.each<[string, (folder: string) => Config | Promise<Config>]>([
    ["pictures that are varied", (folder) => pictureConfig(folder)],
    [
      "samples that are varied",
      (folder) => smallConfig(folder, { augmentation: { crop: "padded", padding: 2 } }),
    ],
  ])("it adapts and fits as with its data: %s", async (_, configure) => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const config = await configure(folder);
    const { tasks } = await startExperiment(run, config);
    const last = tasks.length - 1;
    const setup = await prepare(config);
    const { extractor, source, inference } = setup.context;
    const { directory } = await RunDirectory.open(run);
    const saved = await directory.loadTask(last, { extractor, samples: source.length });
    const withData = createLearner(setup, saved);
    const expected = await withData.modelFor(0);
    expect(expected.theta).not.toEqual(withData.model.theta);

    rmSync(join(folder, "data"), { recursive: true });
    await withSavedRun(run, {}, async ({ learner }) => {
      expect(await learner.modelFor(0)).toEqual(expected);
      const { head } = learner.method as TrainingMethod;
      const fitted = await head.fit(learner.model, learner.memory, learner.context, {});
      const stored = await learner.head();
      expect(fitted?.classifier).toEqual(stored.classifier);
    });
    await withData.release();
    await inference.release();
  });

  test("where it keeps every sample it doesn't copy them: who needs them needs the data", async () => {
    const folder = temporaryFolder();
    const [plain, adapted] = [join(folder, "plain"), join(folder, "adapted")];
    const learner = { name: "joint", adaptation: "full" };
    await startExperiment(plain, smallConfig(folder, { learner: "joint" }));
    await startExperiment(adapted, smallConfig(folder, { learner }));
    const { directory } = await RunDirectory.open(plain);
    expect(directory.hasExemplars(0)).toBe(false);
    await withSavedRun(adapted, {}, async (run) => {
      expect((await run.learner.modelFor(0)).theta).not.toEqual(run.learner.model.theta);
    });
    rmSync(join(folder, "data"), { recursive: true });
    await withSavedRun(plain, {}, async (run) => {
      await run.learner.modelFor(0);
      await run.learner.head();
    });
    const missing = withSavedRun(adapted, {}, (run) => run.learner.modelFor(0));
    await expect(missing).rejects.toMatchObject({ code: "DATASET_MISSING" });
  });

  test("one of before is read with the data that it learned, and refused with others", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    await startExperiment(run, await pictureConfig(folder));
    const theta = () =>
      withSavedRun(run, {}, async ({ learner, labels }) => {
        expect(labels.flat()).toEqual(["class0", "class1", "class2", "class3"]);
        return (await learner.modelFor(0)).theta;
      });
    const expected = await theta();
    for (const task of ["00", "01"]) {
      for (const file of ["classes.json", "exemplars.safetensors"]) {
        rmSync(join(run, "tasks", task, file));
      }
    }
    expect(await theta()).toEqual(expected);
    const added = join(folder, "data/train/class3/!.jpg");
    cpSync(join(folder, "data/train/class3/000.jpg"), added);
    await expect(theta()).rejects.toMatchObject({ code: "RUN_CHANGED" });
    rmSync(added);
    expect(await theta()).toEqual(expected);
    // Version 0.1.0 had no word about its data.
    for (const file of ["origin.json", "SHA256SUMS"]) rmSync(join(run, "tasks/01", file));
    await expect(theta()).rejects.toThrow("nothing says which pictures the run learned");
  });

  test("a stored class or sample that was changed is noticed", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    await startExperiment(run, smallConfig(folder));
    for (const file of ["classes.json", "exemplars.safetensors"]) {
      const path = join(run, "tasks/02", file);
      const content = readFileSync(path);
      const changed = Buffer.from(content);
      changed[changed.length - 5] = (changed[changed.length - 5] as number) ^ 1;
      writeFileSync(path, changed);
      const read = withSavedRun(run, {}, ({ learner }) => learner.modelFor(2));
      await expect(read).rejects.toThrow(`${path}: the file is damaged`);
      writeFileSync(path, content);
    }
  });
});

test("a run of a GPU is used on the CPU where there is none, and on no other device unasked", async () => {
  const folder = temporaryFolder();
  await startExperiment(join(folder, "run"), await pictureConfig(folder));
  const config = join(folder, "run/config.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace("device: cpu", "device: cuda"));
  const picture = "data/test/class0/000.jpg";
  const ask = (...args: string[]) => itamlHere(folder, args);
  const noticed = await ask("classify", "run", picture, "--each");
  expect(noticed.code).toBe(0);
  expect(noticed.stdout).toContain(`${picture}: class0`);
  expect(noticed.stderr).toContain("warning: the run's device, cuda, is not available here");
  expect(await ask("evaluate", "run", "--p", "1")).toMatchObject({ code: 0 });
  expect(await ask("export", "run", "model.onnx")).toMatchObject({ code: 0, stderr: "" });
  for (const command of [
    ["classify", "run", picture],
    ["evaluate", "run"],
  ]) {
    expect(await ask(...command, "--device", "cpu")).toMatchObject({ code: 0, stderr: "" });
    const refused = await ask(...command, "--device", "cuda");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("ITAML_DEVICE_UNAVAILABLE");
  }
});

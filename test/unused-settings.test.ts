import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { readConfig } from "../src/cli/commands/train.js";
import { chooseForFolder } from "../src/cli/folder-features.js";
import { resolveConfig } from "../src/experiment/config.js";
import { resumeExperiment, startExperiment } from "../src/experiment/experiment.js";
import { CHECKSUMS, formatChecksums } from "../src/files/checksums.js";
import { IncrementalClassifier } from "../src/index.js";
import { TRAINING_KEYS } from "../src/learners/settings.js";
import { contentOf, smallConfig } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";

const SUMMING = ["ridge", "ncm", "slda"];
const TRAINING = {
  ...{ optimizer: { name: "adam" }, learningRate: 0.01, epochs: 3, batchSize: 8 },
  ...{ schedule: "constant", gradientNorm: 1, validation: 0.1 },
};

describe("a learner that sums", () => {
  test.each(SUMMING)("%s needs no settings of training, and its configuration has none", (name) => {
    const config = resolveConfig({ dataset: "strokes", classesPerTask: 2, learner: name }, "test");
    for (const key of TRAINING_KEYS) expect(config).not.toHaveProperty(key);
    expect(resolveConfig(config, "again")).toEqual(config);
  });

  test.each([...TRAINING_KEYS, "augmentation"])("has no use for %s", (key) => {
    const value = { ...TRAINING, augmentation: { flip: true } }[key];
    const given = {
      dataset: "strokes",
      classesPerTask: 2,
      learner: { name: "slda" },
      [key]: value,
    };
    expect(() => resolveConfig(given, "mine.yaml")).toThrow(
      `ITAML_CONFIG_INVALID: mine.yaml: slda has no use for ${key}; expected no settings of training beside a learner that sums and trains nothing. Leave it out, or choose a learner that trains, such as itaml.`,
    );
  });

  test("all that are unused are named", () => {
    const given = { dataset: "strokes", classesPerTask: 2, learner: "ridge", ...TRAINING };
    expect(() => resolveConfig(given, "test")).toThrow(
      "ridge has no use for optimizer, learningRate, epochs, schedule, gradientNorm, batchSize, validation;",
    );
  });
});

describe("on the command line", () => {
  const set = (...settings: string[]) => ({ set: settings });

  test("what a configuration says for its learner goes with it", async () => {
    const config = await readConfig("cifar100-10x10", set("learner=ridge"));
    for (const key of TRAINING_KEYS) expect(config).not.toHaveProperty(key);
    expect(config).toMatchObject({ augmentation: {}, network: { name: "reduced-resnet18" } });
  });

  test("what is set beside it is refused, even where it is what the configuration had", async () => {
    await expect(
      readConfig("cifar100-10x10", set("epochs=70", "learner=ridge", "optimizer.beta1=0.8")),
    ).rejects.toThrow("ridge has no use for optimizer, epochs;");
  });

  test("a file's own are refused beside its own learner, and go with another one", async () => {
    const file = join(temporaryFolder(), "mine.yaml");
    const content = { dataset: "mnist", classesPerTask: 2, ...TRAINING };
    writeFileSync(file, stringify({ ...content, learner: "ridge" }));
    await expect(readConfig(file, {})).rejects.toThrow(`${file}: ridge has no use for`);
    expect(await readConfig(file, set("learner=itaml"))).toMatchObject({ epochs: 3 });
    writeFileSync(file, stringify({ ...content, learner: "itaml" }));
    expect(await readConfig(file, set("learner=ncm"))).not.toHaveProperty("epochs");
  });

  test("on features of a folder each learner has what it needs", async () => {
    const choose = async (...settings: string[]) => {
      const given = { ...set(...settings), features: "mine.onnx" };
      return [await chooseForFolder("folder", given, () => {}), given] as const;
    };
    for (const learner of SUMMING) {
      const [name] = await choose(`learner=${learner}`);
      expect(name).toBe("folder-features");
    }
    expect((await choose())[0]).toBe("folder-features");
    const [name] = await choose("learner.name=itaml", "learner.memory=100");
    expect(name).toBe("folder-features-trained");
  });
});

/** A run as versions made it that wanted settings of training of every learner. */
function makeOlder(run: string, tasks: number): void {
  const older = (config: object) => ({ ...config, ...TRAINING, augmentation: { flip: true } });
  const file = join(run, "config.yaml");
  writeFileSync(file, stringify(older(parse(readFileSync(file, "utf8")))));
  for (let task = 0; task < tasks; task++) {
    const at = (name: string) => join(run, `tasks/0${task}`, name);
    const origin = JSON.parse(readFileSync(at("origin.json"), "utf8"));
    writeFileSync(at("origin.json"), JSON.stringify({ ...origin, config: older(origin.config) }));
    const names = readFileSync(at(CHECKSUMS), "utf8").match(/\S+$/gm) as string[];
    const files = names.map((name) => [name, readFileSync(at(name))] as const);
    writeFileSync(at(CHECKSUMS), formatChecksums(Object.fromEntries(files)));
  }
}

test("a run of before goes on, to the same results", async () => {
  const folder = temporaryFolder();
  const config = smallConfig(folder, { learner: "ridge" });
  const [whole, older] = [join(folder, "whole"), join(folder, "older")];
  await startExperiment(whole, config);
  await startExperiment(older, config);
  makeOlder(older, 3);
  await resumeExperiment(older, 1);
  // Of task 1 alone there is still the origin of before.
  const own = (run: string) => readFileSync(join(run, "tasks/00/origin.json"));
  expect(own(older).equals(own(whole))).toBe(false);
  writeFileSync(
    join(older, "tasks/00", CHECKSUMS),
    readFileSync(join(whole, "tasks/00", CHECKSUMS)),
  );
  expect(contentOf(older)).toEqual(contentOf(whole));
});

describe("in the library", () => {
  const options = { inputShape: [2], inputType: "float32", threads: 1 } as const;
  const points = { images: new Float32Array([1, 0, 0.9, 0, 0, 1, 0, 0.8]), labels: [0, 0, 1, 1] };

  test.each(SUMMING)("%s takes no settings of training", async (learner) => {
    const settings = { epochs: 5, continuum: 3 };
    await expect(IncrementalClassifier.create({ ...options, learner, settings })).rejects.toThrow(
      `ITAML_INPUT_INVALID: create: ${learner} has no use for settings.epochs, settings.continuum;`,
    );
    const pixels = { inputShape: [3, 8, 8], threads: 1, learner, augmentation: { flip: true } };
    await expect(IncrementalClassifier.create(pixels)).rejects.toThrow(
      `${learner} has no use for augmentation;`,
    );
  });

  test("one that was saved with them is read without", async () => {
    const classifier = await IncrementalClassifier.create({ ...options, learner: "ridge" });
    await classifier.learn(points);
    const files = await classifier.toFiles();
    const text = new TextDecoder().decode(files.get("classifier.json"));
    const description = JSON.parse(text);
    description.options.settings = { epochs: 5 };
    files.set("classifier.json", new TextEncoder().encode(JSON.stringify(description)));
    const again = await IncrementalClassifier.fromFiles(files);
    expect(await again.classifyEach(points.images)).toEqual(points.labels);
    const saved = (await again.toFiles()).get("classifier.json");
    expect(new TextDecoder().decode(saved)).toBe(text);
  });
});

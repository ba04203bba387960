import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configurationMarkdown } from "../src/cli/commands/list.js";
import { findDataset } from "../src/data/catalog.js";
import { formatConfig, resolveConfig } from "../src/experiment/config.js";
import { applySetting, applySettings, parseConfigText } from "../src/experiment/config-text.js";
import { describeConfig, describeParts } from "../src/experiment/describe.js";
import { fitted } from "../src/experiment/fitted-settings.js";
import { builtInParts } from "../src/experiment/parts.js";
import { upgradeConfig } from "../src/storage/old-settings.js";

const ROOT = join(import.meta.dirname, "..");
const minimal = {
  dataset: "strokes",
  classesPerTask: 2,
  optimizer: { name: "sgd" },
  learningRate: 0.1,
  epochs: 1,
  batchSize: 8,
};

describe("a configuration", () => {
  test("is completed, and written and read again it is the same", () => {
    const config = resolveConfig(minimal, "test");
    expect(config).toMatchObject({
      learner: { name: "itaml", update: { name: "paper", classifier: "own" } },
      ...{ seed: 1, continuum: 20 },
    });
    expect(resolveConfig(parseConfigText(formatConfig(config), "again"), "again")).toEqual(config);
  });

  test("takes a part by its name alone", () => {
    const config = resolveConfig({ ...minimal, learner: "icarl", optimizer: "adam" }, "test");
    expect(config).toMatchObject({
      learner: { name: "icarl", head: { name: "nearest-mean" }, exemplars: "herding" },
      optimizer: { name: "adam", beta1: 0.9 },
    });
  });

  test.each([
    [{ lerner: "itaml" }, 'test: unknown key "lerner". Did you mean "learner"?'],
    [
      { learner: { name: "itaml", adaptation: { name: "full", stepz: 1 } } },
      'unknown key "learner.adaptation.stepz". Did you mean "steps"?',
    ],
    [
      { learner: { name: "itaml", update: { name: "paper", betta: 1 } } },
      'unknown key "learner.update.betta". Did you mean "beta"?',
    ],
    [
      { learner: "itam" },
      "test: learner.name: there is nothing of that name; expected one of itaml",
    ],
    [{ learner: "itam" }, 'found "itam". Did you mean "itaml"?'],
    // What doesn't apply can't be written.
    [{ learner: { name: "replay", beta: 1 } }, 'unknown key "learner.beta"'],
    [{ learner: { name: "finetuning", memory: 20 } }, 'unknown key "learner.memory"'],
    [{ learner: { name: "lwf", head: "tuned" } }, 'unknown key "learner.head"'],
    [{ optimizer: { name: "sgd", momentun: 1 } }, 'Did you mean "momentum"'],
    [{ optimizer: { name: "sgdd" } }, 'found "sgdd"'],
    [{ zzz: 1 }, "expected one of dataset, data, plugins"],
    [{ epochs: 0 }, "test: epochs: "],
    [{ epochs: "abc" }, 'test: epochs: expected a number or a list; found "abc"'],
    [{ epochs: 1.5 }, "test: epochs: expected a whole number or a list; found 1.5"],
    [{ split: 0.2 }, "test: split: expected keys with values; found 0.2"],
    [{ epochs: [1, -2] }, "test: epochs.1: "],
    [{ learningRate: "fast" }, 'found "fast"'],
    [{ validation: 1 }, "test: validation: "],
    [{ dataset: undefined }, "found nothing"],
    [
      { learner: { name: "itaml", update: { name: "released", classifier: "own" } } },
      'unknown key "learner.update.classifier"',
    ],
  ])("with %o is refused", (changes, message) => {
    expect(() => resolveConfig({ ...minimal, ...changes }, "test")).toThrow(message);
  });

  test.each([
    ["a: [1", "test, line"],
    ["- 1\n- 2", "expected keys with values"],
    ["a: &x 1\nb: *x", "Alias resolution is disabled"],
  ])("that is the text %j is refused", (text, message) => {
    expect(() => parseConfigText(text, "test")).toThrow(message);
  });

  test("takes settings by key", () => {
    const parts = { learner: "replay", features: "mine.onnx" };
    const config: Record<string, unknown> = { images: { size: 8 }, ...parts };
    applySetting(config, "top=5");
    applySetting(config, "images.resize=9");
    applySetting(config, "classesPerTask=[1, 2]");
    applySetting(config, "learner.memory=12");
    applySetting(config, "features.size=32");
    expect(config).toEqual({
      top: 5,
      images: { size: 8, resize: 9 },
      classesPerTask: [1, 2],
      learner: { name: "replay", memory: 12 },
      features: { model: "mine.onnx", size: 32 },
    });
    expect(() => applySetting(config, "top")).toThrow("expected key=value");
  });
});

describe("settings of a configuration", () => {
  const settled = (...settings: string[]) => {
    const config: Record<string, unknown> = { learner: { name: "itaml", memory: 2000 } };
    applySettings(config, settings);
    return config.learner;
  };

  test("hold in whatever order they are given; of one key the last counts", () => {
    const small = { name: "icarl", memory: 50 };
    expect(settled("learner.memory=50", "learner=icarl")).toEqual(small);
    expect(settled("learner=icarl", "learner.memory=50")).toEqual(small);
    expect(settled("learner.memory=50", "learner={name: icarl}")).toEqual(small);
    expect(settled("learner.memory=9", "learner.memory=50", "learner=icarl")).toEqual(small);
    expect(settled("learner.head.name=tuned", "learner.head={name: tuned}")).toMatchObject({
      head: { name: "tuned" },
    });
  });

  test.each([
    ["learner.memory=50", "learner={name: icarl, memory: 10}"],
    ["learner.name=replay", "learner=icarl"],
    ["learner.head.epochs=3", "learner.head=5"],
    ["features.model=other.onnx", "features=mine.onnx"],
  ])("%s and %s are refused, whichever is first", (inner, outer) => {
    const refusal = `two settings that can't both hold; found ${outer} and ${inner}`;
    expect(() => settled(inner, outer)).toThrow(refusal);
    expect(() => settled(outer, "learner.exemplars=first", inner)).toThrow(refusal);
  });
});

test("every configuration that comes with the program is valid", () => {
  const files = readdirSync(join(ROOT, "configs")).filter((name) => name.endsWith(".yaml"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const text = readFileSync(join(ROOT, "configs", file), "utf8");
    const { dataset } = resolveConfig(fitted(parseConfigText(text, file)), file);
    // By its name a configuration is found beside the others of its data set.
    expect(file.startsWith(findDataset(dataset).name)).toBe(true);
  }
});

test("docs/configuration.md has the tables that the program makes", () => {
  const text = readFileSync(join(ROOT, "docs/configuration.md"), "utf8");
  const tables = configurationMarkdown(describeConfig(builtInParts), describeParts(builtInParts));
  expect(text.slice(text.indexOf("## Keys"))).toBe(`${tables}\n`);
});

test("keys of version 0.2 beside a learner of today are shown in their new places", () => {
  const mixed = {
    ...{ ...minimal, learner: { name: "itaml", update: "released", head: "logits" } },
    ...{ beta: 0.5, memory: 20, schedule: "constant" },
  };
  const learner = { name: "itaml", update: { name: "released", beta: 0.5 }, head: "logits" };
  const { beta: _, memory, ...others } = mixed;
  expect(upgradeConfig(mixed)).toEqual({ ...others, learner: { ...learner, memory } });
  expect(() => resolveConfig(mixed, "mixed.yaml")).toThrow("name: released\n    beta: 0.5");
  resolveConfig(upgradeConfig(mixed), "mixed.yaml");
});

test("a configuration of version 0.2 is refused with its new form, which is a configuration", () => {
  const old = {
    ...{ ...minimal, rule: "released", beta: 0.5, memory: 20, exemplars: "first" },
    ...{ taskPrediction: "tuned-head", headTuning: { epochs: 2, learningRate: 0.1, batchSize: 8 } },
    ...{ milestones: [3], factor: 0.5, adaptation: { steps: 1 } },
  };
  expect(() => resolveConfig(old, "old.yaml")).toThrowErrorMatchingInlineSnapshot(`
    [ItamlError: ITAML_CONFIG_INVALID: old.yaml: a configuration in the form of version 0.2; expected a learner with settings of its own, and a schedule; found rule, beta, memory, exemplars, taskPrediction, headTuning, milestones, factor, adaptation. In place of these write

    learner:
      name: itaml
      update:
        name: released
        beta: 0.5
      head:
        name: tuned
        epochs: 2
        learningRate: 0.1
        batchSize: 8
      adaptation:
        name: full
        steps: 1
      memory: 20
      exemplars: first
    schedule:
      name: milestones
      epochs:
        - 3
      factor: 0.5]
  `);
  expect(resolveConfig(upgradeConfig(old), "old.yaml")).toMatchObject({
    learner: {
      ...{ name: "itaml", update: { name: "released", beta: 0.5 }, memory: 20, exemplars: "first" },
      head: { name: "tuned", epochs: 2 },
      adaptation: { name: "full", steps: 1 },
    },
    schedule: { name: "milestones", epochs: [3], factor: 0.5 },
  });
  // What a baseline ignored is gone.
  expect(upgradeConfig({ ...old, learner: "replay" }).learner).toEqual({
    ...{ name: "replay", memory: 20, exemplars: "first" },
  });
});

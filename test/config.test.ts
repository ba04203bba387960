import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findDataset } from "../src/data/catalog.js";
import {
  applySetting,
  configSchema,
  formatConfig,
  parseConfigText,
  resolveConfig,
} from "../src/experiment/config.js";

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
    expect(config).toMatchObject({ learner: "itaml", seed: 1, classifier: "own", continuum: 20 });
    expect(resolveConfig(parseConfigText(formatConfig(config), "again"), "again")).toEqual(config);
  });

  test("of the released rule interpolates the classifiers", () => {
    expect(resolveConfig({ ...minimal, rule: "released" }, "test").classifier).toBe("interpolate");
  });

  test.each([
    [{ betta: 1 }, 'test: unknown key "betta". Did you mean "beta"'],
    [{ adaptation: { stepz: 1 } }, 'unknown key "adaptation.stepz". Did you mean "steps"'],
    [{ optimizer: { name: "sgd", momentun: 1 } }, 'Did you mean "momentum"'],
    [{ optimizer: { name: "sgdd" } }, 'found "sgdd"'],
    [{ zzz: 1 }, "expected one of dataset, data, learner"],
    [{ epochs: 0 }, "test: epochs: "],
    [{ epochs: [1, -2] }, "test: epochs.1: "],
    [{ learningRate: "fast" }, 'found "fast"'],
    [{ validation: 1 }, "test: validation: "],
    [{ dataset: undefined }, "found nothing"],
    [{ rule: "released", classifier: "own" }, "no classifiers of their own"],
    [{ adaptation: { epochs: 1, steps: 1 } }, "both epochs and steps"],
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
    const config: Record<string, unknown> = { adaptation: { batchSize: 8 } };
    applySetting(config, "beta=0.5");
    applySetting(config, "adaptation.steps=1");
    applySetting(config, "milestones=[1, 2]");
    expect(config).toEqual({
      beta: 0.5,
      adaptation: { batchSize: 8, steps: 1 },
      milestones: [1, 2],
    });
    expect(() => applySetting(config, "beta")).toThrow("expected key=value");
  });
});

test("every configuration that comes with the program is valid", () => {
  const files = readdirSync(join(ROOT, "configs")).filter((name) => name.endsWith(".yaml"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const text = readFileSync(join(ROOT, "configs", file), "utf8");
    const { dataset } = resolveConfig(parseConfigText(text, file), file);
    // By its name a configuration is found beside the others of its data set.
    expect(file.startsWith(findDataset(dataset).name)).toBe(true);
  }
});

test("docs/configuration.md explains every key", () => {
  const text = readFileSync(join(ROOT, "docs/configuration.md"), "utf8");
  for (const key of Object.keys(configSchema.shape)) expect(text).toContain(`| \`${key}\` |`);
});

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ItamlError } from "../src/base/errors.js";
import type { ConfigInput } from "../src/experiment/config.js";
import { resumeExperiment, startExperiment } from "../src/experiment/experiment.js";
import { parseResults } from "../src/experiment/results.js";
import { smallConfig, smallLearner, withoutSeconds } from "./support/experiment.js";
import { temporaryFolder } from "./support/folder.js";

describe("an experiment", () => {
  test("leaves a complete run directory", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const results = await startExperiment(run, smallConfig(folder));
    expect(readdirSync(run).sort()).toEqual([
      "config.yaml",
      "events.jsonl",
      "results.json",
      "tasks",
    ]);
    expect(readdirSync(join(run, "tasks"))).toEqual(["00", "01", "02"]);
    expect(readdirSync(join(run, "tasks", "02")).sort()).toEqual([
      "SHA256SUMS",
      "classes.json",
      "exemplars.safetensors",
      "learner.safetensors",
      "memory.json",
      "model.safetensors",
      "origin.json",
      "results.json",
    ]);
    const file = join(run, "results.json");
    expect(parseResults(readFileSync(file, "utf8"), file)).toEqual(results);
    expect(results.tasks.map(({ testSamples }) => testSamples)).toEqual([20, 40, 60]);
    expect(results.matrix.continuum.map(({ length }) => length)).toEqual([1, 2, 3]);
    const events = readFileSync(join(run, "events.jsonl"), "utf8").trimEnd().split("\n");
    const kinds = events.map((line) => (JSON.parse(line) as { kind: string }).kind);
    expect(kinds.filter((kind) => kind === "epoch")).toHaveLength(12);
    expect(kinds.at(-1)).toBe("done");
  });

  test("one seed gives the same results and models, another one others", async () => {
    const folder = temporaryFolder();
    const train = async (name: string, seed: number) => {
      const results = await startExperiment(join(folder, name), smallConfig(folder, { seed }));
      return {
        results: withoutSeconds(results),
        model: readFileSync(join(folder, name, "tasks/02/model.safetensors")).toString("base64"),
      };
    };
    const first = await train("a", 1);
    expect(await train("b", 1)).toEqual(first);
    expect((await train("c", 2)).model).not.toBe(first.model);
  });

  test("stopped and resumed, it ends as one that was never stopped", async () => {
    const folder = temporaryFolder();
    const straight = await startExperiment(join(folder, "straight"), smallConfig(folder));
    const run = join(folder, "stopped");
    const controller = new AbortController();
    const stopped = startExperiment(run, smallConfig(folder), {
      signal: controller.signal,
      onProgress: (progress) => {
        if (progress.kind === "batch" && progress.task === 2 && progress.epoch === 1) {
          controller.abort();
        }
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(readdirSync(join(run, "tasks"))).toEqual(["00", "01"]);
    const resumed = await resumeExperiment(run, undefined);
    expect(withoutSeconds(resumed)).toEqual(withoutSeconds(straight));
    const model = (name: string) => readFileSync(join(folder, name, "tasks/02/model.safetensors"));
    expect(Buffer.compare(model("stopped"), model("straight"))).toBe(0);
  });

  test("trained again from a task on, it ends the same", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const straight = await startExperiment(run, smallConfig(folder));
    expect(withoutSeconds(await resumeExperiment(run, 1))).toEqual(withoutSeconds(straight));
    await expect(resumeExperiment(run, 4)).rejects.toThrow(
      "at most 4, the task after the last finished one",
    );
  });

  test("learns without forgetting what fine-tuning forgets", async () => {
    const folder = temporaryFolder();
    const itaml = await startExperiment(join(folder, "itaml"), smallConfig(folder, { epochs: 10 }));
    const tuned = await startExperiment(
      join(folder, "tuned"),
      smallConfig(folder, { epochs: 10, learner: "finetuning" }),
    );
    expect(itaml.summary.averageAccuracy).toBeGreaterThan(0.9);
    expect(tuned.summary.averageAccuracy).toBeLessThan(0.5);
    expect(tuned.summary.forgetting).toBeGreaterThan(0.8);
  });

  test("every setting of the method trains", async () => {
    const folder = temporaryFolder();
    for (const changes of [
      { learner: smallLearner({ update: "released" }), learningRate: 0.01 },
      {
        learner: smallLearner({
          update: { name: "paper", classifier: "interpolate", innerSteps: 2 },
        }),
      },
      { learner: smallLearner({ exemplars: "herding" }), classOrder: "shuffled" },
      {
        learner: smallLearner({ exemplars: "first" }),
        classesPerTask: [3, 2, 1],
        optimizer: { name: "radam" },
      },
      { optimizer: { name: "adam" }, learningRate: [1e-3, 1e-3, 5e-4] },
      { learner: smallLearner({ adaptation: { name: "full", steps: 1 } }), validation: 0.2 },
      { learner: "finetuning", validation: 0.2 },
    ] satisfies Partial<ConfigInput>[]) {
      const run = join(folder, JSON.stringify(changes).replace(/[^a-z0-9]/gi, ""));
      const results = await startExperiment(run, smallConfig(folder, changes));
      expect(results.tasks).toHaveLength(3);
      expect(results.tasks[0]?.oracle.classAccuracy).toBeGreaterThan(0.6);
    }
  });

  test("validation chooses the best epoch by held-out training samples", async () => {
    const folder = temporaryFolder();
    const accuracies: number[] = [];
    await startExperiment(join(folder, "run"), smallConfig(folder, { validation: 0.2 }), {
      onProgress: (progress) => {
        if (progress.kind === "epoch") accuracies.push(progress.validationAccuracy as number);
      },
    });
    expect(accuracies).toHaveLength(12);
    expect(accuracies.every((accuracy) => accuracy >= 0 && accuracy <= 1)).toBe(true);
  });
});

test("a damaged state is refused before later tasks are removed", async () => {
  const folder = temporaryFolder();
  const run = join(folder, "run");
  await startExperiment(run, smallConfig(folder));
  writeFileSync(join(run, "tasks/00/model.safetensors"), "damaged");
  const results = readFileSync(join(run, "results.json"), "utf8");
  await expect(resumeExperiment(run, 1)).rejects.toMatchObject({ code: "FILE_INVALID" });
  expect(readdirSync(join(run, "tasks"))).toEqual(["00", "01", "02"]);
  expect(readFileSync(join(run, "results.json"), "utf8")).toBe(results);
});

describe("what can't work is refused, and leaves nothing behind", () => {
  test.each<[string, Partial<ConfigInput>, ItamlError["code"], string]>([
    ["no data", { data: "/no/such/folder" }, "DATASET_MISSING", "found no such folder"],
    ["too many classes", { classesPerTask: 5 }, "CONFIG_INVALID", "at most 10 classes in all"],
    [
      "too little memory",
      { learner: smallLearner({ memory: 5 }) },
      "MEMORY_TOO_SMALL",
      "at least 6, one sample for each",
    ],
    ["too large continua", { continuum: 21 }, "CONFIG_INVALID", "at most 20, the test samples"],
    ["no such data set", { dataset: "minst" }, "DATASET_UNKNOWN", 'Did you mean "mnist"'],
  ])("%s", async (_, changes, code, message) => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const failed = startExperiment(run, smallConfig(folder, changes));
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.toThrow(message);
    expect(existsSync(run)).toBe(false);
  });

  test("a run directory that is not empty", async () => {
    const folder = temporaryFolder();
    const config = smallConfig(folder);
    await expect(startExperiment(folder, config)).rejects.toThrow(
      /the run directory is not empty; .*found other files\. Choose another directory with --out\.$/,
    );
    expect(readdirSync(folder)).toEqual(["data"]);
    const run = join(folder, "run");
    // A run that was killed before it began.
    mkdirSync(run);
    writeFileSync(join(run, "config.yaml.partial"), "data");
    writeFileSync(join(run, "config.yaml.0a1b2c3d.partial"), "data");
    await startExperiment(run, config);
    await expect(startExperiment(run, config)).rejects.toThrow(
      /the run directory is not empty; .*or continue the run in it: itaml train --resume --out/,
    );
    const file = join(run, "config.yaml");
    await expect(startExperiment(file, config)).rejects.toThrow("the run directory is a file");
  });

  test("divergence names task, epoch, batch and learning rate, and leaves no model with NaN", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    // Weight decay times learning rate above 2: every step makes the parameters larger.
    const optimizer = { name: "sgd", weightDecay: 0.1 } as const;
    const failed = startExperiment(
      run,
      smallConfig(folder, { optimizer, learningRate: [0.05, 1e6], epochs: [2, 20] }),
    );
    await expect(failed).rejects.toMatchObject({ code: "LOSS_NOT_FINITE" });
    await expect(failed).rejects.toThrow(
      /task 2, epoch \d+, batch \d+: .*learning rate 1000000.*smaller learningRate/,
    );
    expect(readdirSync(join(run, "tasks"))).toEqual(["00"]);
    for (const name of ["results.json", "events.jsonl", "config.yaml"]) {
      expect(readFileSync(join(run, name), "utf8")).not.toContain("NaN");
    }
  });

  test.each([
    [
      "training",
      {
        ...{ learner: { name: "finetuning" }, learningRate: 1e13, epochs: 1, batchSize: 1000 },
      },
      /task 1: logits of test samples are not finite/,
    ],
    [
      "training, held-out samples that are asked,",
      {
        ...{ learner: { name: "finetuning" }, learningRate: 1e13, epochs: 1, batchSize: 1000 },
        validation: 0.2,
      },
      /task 1, epoch 1, batch 1: .*a logit of held-out samples is not finite.*learning rate 10000000000000/,
    ],
    [
      "adaptation",
      {
        learner: smallLearner({
          adaptation: { name: "full", learningRate: 1e13, steps: 1, batchSize: 8 },
        }),
      },
      /learner\.adaptation: the trained model is not finite any more.*learner\.adaptation\.learningRate/,
    ],
  ])(
    "%s whose last step ruins the model without a loss to show it",
    async (_, changes, message) => {
      const folder = temporaryFolder();
      const run = join(folder, "run");
      const network = { name: "mlp", hidden: [16, 16, 16, 16] };
      const failed = startExperiment(run, smallConfig(folder, { network, ...changes }));
      await expect(failed).rejects.toMatchObject({ code: "LOSS_NOT_FINITE" });
      await expect(failed).rejects.toThrow(message);
    },
  );

  test("an unavailable device", async () => {
    const folder = temporaryFolder();
    const failed = startExperiment(join(folder, "run"), smallConfig(folder, { device: "cuda" }));
    await expect(failed).rejects.toMatchObject({ code: "DEVICE_UNAVAILABLE" });
    await expect(failed).rejects.toThrow('the device "cuda" is not available here');
  });
});

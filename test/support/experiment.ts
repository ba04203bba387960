import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Chosen } from "../../src/base/part.js";
import { type Config, type ConfigInput, resolveConfig } from "../../src/experiment/config.js";
import type { Results } from "../../src/experiment/results.js";
import { learnerParts } from "../../src/learners/parts.js";
import { summingLearner } from "../../src/learners/settings.js";
import { writeMadeMnist } from "./idx.js";

/** iTAML with a small memory. */
export function smallLearner(changes: Readonly<Record<string, unknown>> = {}): Chosen {
  const adaptation = { name: "full", learningRate: 1e-3, batchSize: 8 };
  return { name: "itaml", memory: 30, adaptation, ...changes };
}

/**
 * A configuration that trains in a fraction of a second, with its data in the folder; in one thread, since files of tests run
 * side by side.
 */
export function smallConfig(folder: string, changes: Partial<ConfigInput> = {}): Config {
  writeMadeMnist(join(folder, "data"));
  const training = {
    optimizer: { name: "sgd", momentum: 0.9 },
    ...{ learningRate: 0.05, epochs: 4, batchSize: 16 },
  };
  const { learner = smallLearner() } = changes;
  const trains = summingLearner(learner, learnerParts) === undefined;
  return resolveConfig(
    {
      dataset: "mnist",
      data: join(folder, "data"),
      classesPerTask: 2,
      tasks: 3,
      threads: 1,
      network: { name: "mlp", hidden: [16] },
      ...(trains && training),
      continuum: 5,
      learner,
      ...changes,
    },
    "test",
  );
}

/** Everything but the times. */
export function withoutSeconds(results: Results): unknown {
  return { ...results, tasks: results.tasks.map(({ seconds: _, ...task }) => task) };
}

/** What runs that are the same have the same: results but for the times, and each task's model and memory, as hashes. */
export function contentOf(run: string): unknown {
  const results = JSON.parse(readFileSync(join(run, "results.json"), "utf8")) as Results;
  const sums = results.tasks.map(({ task }) =>
    readFileSync(join(run, `tasks/0${task}/SHA256SUMS`), "utf8")
      .split("\n")
      .filter((line) => !line.endsWith("results.json")),
  );
  return { results: withoutSeconds(results), sums };
}

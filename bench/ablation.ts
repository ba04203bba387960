// Every head and adaptation on every method. Neither has a part in training, so each method is trained once for a seed
// and judged with all of them. Prints a line for each as it is done, and at the end a table of mean ± standard deviation.
// node --single-threaded-gc --import tsx bench/ablation.ts CONFIG FOLDER SEED,SEED… [KEY=VALUE…]

import { readConfig } from "../src/cli/commands/train.js";
import { builtInParts } from "../src/experiment/parts.js";
import {
  createLearner,
  prepare,
  type Setup,
  scenarioOf,
  testSet,
} from "../src/experiment/setup.js";
import { mean } from "../src/incremental/metrics.js";
import { Learner } from "../src/learners/learner.js";
import { createMethod } from "../src/learners/method.js";
import { predictWith } from "../src/learners/predict-with.js";
import { measure } from "../src/prediction/predictions.js";
import { percent } from "../src/report/format.js";
import { standardDeviation } from "../src/report/statistics.js";
import { markdownTable } from "../src/report/table.js";

const METHODS: readonly (readonly [title: string, learner: string])[] = [
  ["iTAML, the paper's update", "{ name: itaml, update: { name: paper, beta: 0.5 } }"],
  ["iTAML, Reptile", "{ name: itaml, update: reptile }"],
  ["iTAML, first-order MAML", "{ name: itaml, update: fomaml }"],
  ["replay", "replay"],
  ["iCaRL", "icarl"],
  ["weight aligning", "wa"],
  ["GDumb", "gdumb"],
  ["joint training", "joint"],
];
const HEADS = ["logits", "nearest-mean", "discriminant", "tuned"];
const ADAPTATIONS = ["none", "{ name: full, learningRate: 0.0001 }"];

const [config, data, seedList, ...set] = process.argv.slice(2);
if (!config || !data || !seedList) throw new Error("usage: bench/ablation.ts CONFIG FOLDER SEEDS");
const seeds = seedList.split(",").map(Number);

const configOf = (seed: number, ...settings: string[]) =>
  readConfig(config, { data, seed, set: [...set, ...settings] });

const rows = [["method", "head", "adaptation", "continuum", "task", "single-sample", "oracle"]];
for (const [title, learner] of METHODS) {
  // Joint training keeps everything, and chooses nothing.
  const kept = learner === "joint" ? [] : ["learner.exemplars=first"];
  const chosen = [`learner=${learner}`, ...kept];
  const values = new Map<string, number[][]>();
  for (const seed of seeds) {
    const setup = await prepare(await configOf(seed, ...chosen));
    const trained = createLearner(setup);
    for (const { training } of scenarioOf(setup)) await trained.learn(training);
    for (const head of HEADS) {
      for (const adaptation of ADAPTATIONS) {
        const settings = [`learner.head=${head}`, `learner.adaptation=${adaptation}`];
        const method = (await configOf(seed, ...chosen, ...settings)).learner;
        const key = [head, adaptation === "none" ? "none" : "full"].join("\t");
        const judged = await judge(setup, trained, method);
        values.set(key, [...(values.get(key) ?? []), judged]);
        console.error([title, seed, key, ...judged.map(percent)].join("\t"));
      }
    }
    await trained.release();
    await setup.context.inference.release();
  }
  for (const [key, ofSeeds] of values) {
    const columns = [0, 1, 2, 3].map((i) => ofSeeds.map((own) => own[i] as number));
    const cells = columns.map((own) =>
      own.length > 1
        ? `${percent(mean(own))} ± ${percent(standardDeviation(own))}`
        : percent(mean(own)),
    );
    rows.push([title, ...key.split("\t"), ...cells]);
  }
}
console.log(markdownTable(rows));

/** The four accuracies of what was trained, with the head and the adaptation of another method. */
async function judge(
  setup: Setup,
  { model, memory }: Learner,
  learner: Setup["config"]["learner"],
): Promise<number[]> {
  const method = createMethod(builtInParts.methods, learner, builtInParts);
  const judged = new Learner(method, setup.context, setup.training, {
    ...{ model, memory },
    state: new Map(),
  });
  const test = testSet(setup, setup.tasks.length);
  const predictions = await predictWith(judged, test, { top: 1 });
  await judged.release();
  const { continuum: p, seed } = setup.config;
  const { continuum, single, oracle } = measure(predictions, { p, seed });
  const { classAccuracy, taskAccuracy } = continuum;
  return [classAccuracy, taskAccuracy, single.classAccuracy, oracle.classAccuracy];
}

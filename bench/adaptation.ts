// How far should adaptation go? Trains configs/mnist.yaml on the first 54,000 training images of MNIST and judges
// learning rates of the adaptation on the last 6,000; the test set is not touched.
// node --single-threaded-gc --import tsx bench/adaptation.ts FOLDER [SEED…]

import { readConfig } from "../src/cli/commands/train.js";
import { createLearner, prepare } from "../src/experiment/setup.js";
import { mean } from "../src/incremental/metrics.js";
import { taskModel } from "../src/model/model.js";
import { ExemplarTraining } from "../src/prediction/exemplar-training.js";
import { measure, type Predictions, predict } from "../src/prediction/predictions.js";
import { percent } from "../src/report/format.js";
import { textTable } from "../src/report/table.js";
import { indicesByClass } from "../src/samples/samples.js";

const TRAINED = 54_000;
const RATES = [1e-5, 3e-5, 1e-4, 3e-4, 5e-4, 1e-3];
const [folder, ...seedArguments] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: bench/adaptation.ts FOLDER [SEED…]");
const seeds = seedArguments.length > 0 ? seedArguments.map(Number) : [11, 12, 13, 14];

const found = new Map<string, { continuum: number[]; oracle: number[] }>();
for (const seed of seeds) {
  const setup = await prepare(await readConfig("mnist", { data: folder, seed }));
  const { context, dataset, tasks } = setup;
  const learner = createLearner(setup);
  const split = tasks.map((classes) => {
    const all = indicesByClass(dataset.train.labels, classes);
    return {
      training: all.map((indices) => indices.filter((index) => index < TRAINED)),
      heldOut: all.map((indices) => indices.filter((index) => index >= TRAINED)),
    };
  });
  for (const { training } of split) await learner.learn(training);

  const test = { source: context.source, tasks: split.map(({ heldOut }) => heldOut) };
  const note = (name: string, predictions: Predictions) => {
    const { continuum, oracle } = measure(predictions, { p: 20, seed });
    const row = found.get(name) ?? { continuum: [], oracle: [] };
    row.continuum.push(continuum.classAccuracy);
    row.oracle.push(oracle.classAccuracy);
    found.set(name, row);
  };
  note("none", await predict(learner.model, context.inference, test));
  for (const learningRate of RATES) {
    const settings = { epochs: 1, learningRate, batchSize: 64 };
    const adaptation = await ExemplarTraining.compile(context, settings, "learner.adaptation");
    const columns = tasks.map(({ length }) => length);
    const predictions = await predict(learner.model, context.inference, test, {
      modelFor: (task) => {
        const first = columns.slice(0, task).reduce((a, b) => a + b, 0);
        const exemplars = learner.memory.classes.slice(first, first + (columns[task] as number));
        return adaptation.train(taskModel(learner.model, task), exemplars, [
          tasks.length - 1,
          task,
        ]);
      },
    });
    note(String(learningRate), predictions);
    await adaptation.release();
  }
  await learner.release();
  await context.inference.release();
}
console.log(
  textTable([
    ["adaptation", "continuum", "oracle"],
    ...[...found].map(([name, { continuum, oracle }]) => [
      name,
      percent(mean(continuum)),
      percent(mean(oracle)),
    ]),
  ]),
);

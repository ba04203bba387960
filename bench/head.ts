// What tells tasks apart: the logits, or a head fitted on the memory? With a run, judges its model on the test set; with a
// configuration, trains it on nine tenths of the training data and judges on the rest: so were the head's settings chosen.
// After all tasks but the last, the last one's classes are new ones to recognise.
// node --single-threaded-gc --import tsx bench/head.ts RUN
// node --single-threaded-gc --import tsx bench/head.ts CONFIG FOLDER SEED [KEY=VALUE…]

import { seededRandom } from "../src/base/random.js";
import { readConfig } from "../src/cli/commands/train.js";
import { type SavedRun, withSavedRun } from "../src/experiment/saved-run.js";
import { createLearner, prepare } from "../src/experiment/setup.js";
import { mean } from "../src/incremental/metrics.js";
import type { Learner } from "../src/learners/learner.js";
import type { Rows } from "../src/model/inference.js";
import { wholeModel } from "../src/model/model.js";
import { byTask, taskColumns } from "../src/model/task-columns.js";
import { discriminantAnalysis } from "../src/prediction/discriminant-analysis.js";
import { type Head, modelWithHead, trainedHead } from "../src/prediction/head.js";
import { discriminant } from "../src/prediction/heads/discriminant.js";
import { nearestMeanHead } from "../src/prediction/heads/nearest-mean.js";
import { tuned as tunedHead } from "../src/prediction/heads/tuned.js";
import { splitContinuum } from "../src/prediction/mixed-continuum.js";
import { measure, predict } from "../src/prediction/predictions.js";
import { predictClass, predictTask, taskEvidence } from "../src/prediction/task-prediction.js";
import { percent } from "../src/report/format.js";
import { textTable } from "../src/report/table.js";
import { indicesByClass, type SampleSource } from "../src/samples/samples.js";
import { softmaxRegression } from "./softmax-regression.js";

const PENALTIES = [1e-3, 1e-2, 3e-2, 0.1, 0.3];
const [name, folder, seed, ...set] = process.argv.slice(2);
if (name === undefined) throw new Error("usage: bench/head.ts RUN, or CONFIG FOLDER SEED");
await (seed === undefined ? judgeRun(name) : judgeConfig(name, folder as string, Number(seed)));

/** A learner, and samples to judge it by: indices for each class of all tasks. */
interface Judged {
  readonly learner: Learner;
  readonly tasks: readonly (readonly number[])[];
  readonly source: SampleSource;
  readonly samples: readonly (readonly number[])[];
}

async function judgeRun(path: string) {
  const judged = async ({ learner, data }: SavedRun): Promise<Judged> => {
    const { dataset, tasks } = await data();
    const { source, labels } = dataset.test;
    return { learner, tasks, source, samples: indicesByClass(labels, tasks.flat()) };
  };
  await withSavedRun(path, {}, async (run) => {
    const before = { task: run.task - 1 };
    await withSavedRun(path, before, async (known) => judgeNovelty(await judged(known)));
    await judge(await judged(run));
  });
}

async function judgeConfig(config: string, data: string, ofSeed: number) {
  const setup = await prepare(await readConfig(config, { data, seed: ofSeed, set }));
  const { context, dataset, tasks } = setup;
  const { source } = dataset.train;
  const learner = createLearner(setup);
  const all = indicesByClass(dataset.train.labels, tasks.flat());
  const samples = all.map((indices) => indices.filter((_, i) => i % 10 === 9));
  const training = all.map((indices) => indices.filter((_, i) => i % 10 !== 9));
  const judged = { learner, tasks, source, samples };
  for (const [task, own] of byTask(training, sizesOf(judged)).entries()) {
    await learner.learn(own);
    if (task === tasks.length - 2) await judgeNovelty(judged);
  }
  await judge(judged);
  await learner.release();
  await context.inference.release();
}

async function judge(judged: Judged) {
  const { learner } = judged;
  const { context } = learner;
  const { model, memory } = learner;
  const head = (await discriminant.fit(model, memory, context, {})) as Head;
  const started = performance.now();
  const tuned = (await tunedHead({ epochs: 5, learningRate: 1e-3, batchSize: 64 }).fit(
    model,
    memory,
    context,
    {},
  )) as Head;
  const tuning = secondsSince(started);
  const trained = trainedHead(model, context.extractor.featureSize);
  const exemplars = await context.inference.features(
    wholeModel(model),
    context.source,
    memory.classes.flat(),
  );
  const data = {
    features: exemplars.data,
    size: exemplars.columns,
    labels: positionsOf(memory.classes),
    classes: memory.classes.length,
  };
  const startedFit = performance.now();
  const { shrinkage } = discriminantAnalysis(data);
  const fit = secondsSince(startedFit);
  console.log(`\nfitted in ${fit} s, shrinkage ${shrinkage}; tuned and fitted in ${tuning} s`);
  await judgeSizes(judged, [
    ["logits", trained],
    ["head", head],
    ["tuned head", tuned],
  ]);
  await judgeSingle(judged, head, [
    ["logits", trained],
    ["nearest mean", (await nearestMeanHead(model, memory, context)) as Head],
    ...PENALTIES.map((penalty): [string, Head] => [
      `logistic regression, penalty ${penalty}`,
      softmaxRegression(data, penalty),
    ]),
    ["tuned head", tuned],
    ["head", head],
  ]);
  await judgeMixed(judged, head, trained);
}

function secondsSince(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(2);
}

/** The class of each sample, counted over all classes. */
function positionsOf(classes: readonly (readonly number[])[]): number[] {
  return classes.flatMap((indices, position) => indices.map(() => position));
}

/** Classes of each task, of those that the learner knows and of those to come. */
function sizesOf({ tasks }: Judged): number[] {
  return tasks.map(({ length }) => length);
}

function logitsOf(
  { learner, source }: Judged,
  head: Head,
  indices: readonly number[],
): Promise<Rows> {
  return learner.context.inference.logits(modelWithHead(learner.model, head), source, indices);
}

function rowsOf({ data, columns }: Rows): number[] {
  return Array.from({ length: data.length / columns }, (_, row) => row);
}

/** The probability of each row's class. */
function confidences(logits: Rows): number[] {
  const each = Array.from({ length: logits.columns }, (_, i) => ({ start: i, end: i + 1 }));
  const { data } = taskEvidence(logits, each, "probability");
  return rowsOf(logits).map((row) =>
    Math.exp(data[row * logits.columns + predictClass(logits, row)] as number),
  );
}

/** Continuum and task accuracy by the size of a continuum. */
async function judgeSizes(judged: Judged, rivals: readonly (readonly [string, Head])[]) {
  const { learner, source, samples } = judged;
  const test = { source, tasks: byTask(samples, sizesOf(judged)) };
  const modelFor = (task: number) => learner.modelFor(task);
  const rows = [["p", ...rivals.flatMap(([title]) => [`${title}: continuum`, "task"])]];
  const all = [];
  for (const [, head] of rivals) {
    all.push(await predict(learner.model, learner.context.inference, test, { head, modelFor }));
  }
  for (const p of [1, 2, 5, 10, 20]) {
    const found = all.map(
      (predictions) => measure(predictions, { p, seed: learner.context.seed }).continuum,
    );
    rows.push([
      String(p),
      ...found.flatMap((one) => [percent(one.classAccuracy), percent(one.taskAccuracy)]),
    ]);
  }
  console.log(`\n${textTable(rows)}`);
}

/** Sample by sample: rivals, and how far the head's confidence can be trusted. */
async function judgeSingle(
  judged: Judged,
  head: Head,
  rivals: readonly (readonly [string, Head])[],
) {
  const { samples } = judged;
  const labels = positionsOf(samples);
  const right = async (rival: Head) => {
    const logits = await logitsOf(judged, rival, samples.flat());
    return labels.map((label, row) => Number(predictClass(logits, row) === label));
  };
  const rows = [["single-sample", ""]];
  for (const [title, rival] of rivals) rows.push([title, percent(mean(await right(rival)))]);
  console.log(`\n${textTable(rows)}`);

  const own = await right(head);
  const sure = confidences(await logitsOf(judged, head, samples.flat()));
  const table = [["confidence at least", "share of the samples", "right", "mean confidence"]];
  for (const least of [0, 0.5, 0.7, 0.9, 0.95]) {
    const kept = sure.map((_, i) => i).filter((i) => (sure[i] as number) >= least);
    const meanOf = (values: readonly number[]) =>
      percent(mean(kept.map((i) => values[i] as number)));
    table.push([String(least), percent(kept.length / sure.length), meanOf(own), meanOf(sure)]);
  }
  console.log(`\n${textTable(table)}`);
}

/** Groups of samples of several tasks: the shares of samples whose task is right, and whose class is. */
async function judgeMixed(judged: Judged, head: Head, trained: Head) {
  const { samples, learner, source } = judged;
  const columns = taskColumns(sizesOf(judged));
  const perTask = byTask(samples, sizesOf(judged)).map((own) => own.flat());
  const taskOf = perTask.flatMap((own, task) => own.map(() => task));
  const rowsOfTask = perTask.map((_, task) =>
    taskOf.flatMap((own, row) => (own === task ? [row] : [])),
  );
  const indices = perTask.flat();
  const labels = positionsOf(samples);
  // Of each task's own model, whether it is right about each sample.
  const right: boolean[][] = [];
  for (const [task, { start }] of columns.entries()) {
    const { inference } = learner.context;
    const logits = await inference.logits(await learner.modelFor(task), source, indices);
    right.push(labels.map((label, row) => start + predictClass(logits, row) === label));
  }
  const byLogits = taskEvidence(await logitsOf(judged, trained, indices), columns, "maximum");
  const byHead = taskEvidence(await logitsOf(judged, head, indices), columns, "probability");
  const ways: [string, (group: readonly number[]) => number[]][] = [
    ["logits, one task", (group) => group.map(() => predictTask(byLogits, group))],
    ["head, one task", (group) => group.map(() => predictTask(byHead, group))],
    ["head, each alone", (group) => group.map((row) => predictTask(byHead, [row]))],
    ["head, split", (group) => splitContinuum(byHead, group)],
  ];
  const rows = [["samples of each task; task / class", ...ways.map(([title]) => title)]];
  for (const parts of [[20], [19, 1], [16, 4], [10, 10], [7, 7, 6], [5], [3, 2]]) {
    const random = seededRandom(learner.context.seed, "mixed", parts.join());
    const shares = ways.map(() => ({ task: [] as number[], class: [] as number[] }));
    for (let repeat = 0; repeat < 200; repeat++) {
      const chosen = random.shuffle(perTask.map((_, task) => task));
      const group = parts.flatMap((count, i) =>
        random.shuffle([...(rowsOfTask[chosen[i] as number] as number[])]).slice(0, count),
      );
      ways.forEach(([, way], i) => {
        const found = way(group);
        const share = (isRight: (row: number, found: number) => boolean | undefined) =>
          group.filter((row, j) => isRight(row, found[j] as number)).length / group.length;
        shares[i]?.task.push(share((row, task) => task === taskOf[row]));
        shares[i]?.class.push(share((row, task) => right[task]?.[row]));
      });
    }
    const cell = (own: (typeof shares)[number]) =>
      `${percent(mean(own.task))} / ${percent(mean(own.class))}`;
    rows.push([parts.join(" + "), ...shares.map(cell)]);
  }
  console.log(`\n${textTable(rows)}`);
}

/** Samples of classes never seen among those of classes seen: area under the ROC curve. */
async function judgeNovelty(judged: Judged) {
  const { learner, samples } = judged;
  const { model, memory } = learner;
  const known = samples.slice(0, memory.classes.length).flat();
  const unknown = (byTask(samples, sizesOf(judged))[model.classifiers.length] ?? []).flat();
  const head = (await discriminant.fit(model, memory, learner.context, {})) as Head;
  const trained = trainedHead(model, learner.context.extractor.featureSize);
  const largest = (logits: Rows) =>
    rowsOf(logits).map(
      (row) => logits.data[row * logits.columns + predictClass(logits, row)] as number,
    );
  const rows = [["known from unknown classes", "AUROC"]];
  for (const [title, one, score] of [
    ["head, confidence", head, confidences],
    ["head, largest logit", head, largest],
    ["logits, largest", trained, largest],
  ] as const) {
    const of = async (indices: readonly number[]) => score(await logitsOf(judged, one, indices));
    rows.push([title, percent(auroc(await of(known), await of(unknown)))]);
  }
  console.log(textTable(rows));
}

/** The probability that a known sample has the larger score; equal ones count half. */
function auroc(known: readonly number[], unknown: readonly number[]): number {
  const sorted = [...unknown].sort((a, b) => a - b);
  const below = (value: number, orEqual: boolean) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = sorted[middle] as number;
      if (other < value || (orEqual && other === value)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return mean(known.map((value) => (below(value, false) + below(value, true)) / 2 / sorted.length));
}

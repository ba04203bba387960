// What tells tasks apart: the logits, or a head fitted on the memory? Trains a configuration on nine tenths of its
// training data and judges on the rest (so were the head's settings chosen), or trains on all of it and judges on the
// test set. After all tasks but the last, the last one's classes are new ones to recognise.
// node --single-threaded-gc --import tsx bench/head.ts held-out|test CONFIG FOLDER SEED [KEY=VALUE…]

import { readConfig } from "../src/cli/commands/train.js";
import { indicesByClass } from "../src/data/samples.js";
import { createLearner, prepare } from "../src/experiment/setup.js";
import { mean } from "../src/incremental/metrics.js";
import { discriminantAnalysis } from "../src/learners/discriminant-analysis.js";
import { type Head, modelWithHead, trainedHead } from "../src/learners/head.js";
import type { Rows } from "../src/learners/inference.js";
import { splitContinuum } from "../src/learners/mixed-continuum.js";
import { wholeModel } from "../src/learners/model.js";
import { nearestMeanHead } from "../src/learners/nearest-mean.js";
import { measure, predict } from "../src/learners/predictions.js";
import {
  byTask,
  predictClass,
  predictTask,
  taskColumns,
  taskEvidence,
} from "../src/learners/task-prediction.js";
import { seededRandom } from "../src/random.js";
import { percent, textTable } from "../src/report/table.js";
import { softmaxRegression } from "./softmax-regression.js";

const PENALTIES = [1e-3, 1e-2, 3e-2, 0.1, 0.3];
const [where, name, folder, seedText, ...set] = process.argv.slice(2);
if (!(where === "held-out" || where === "test") || !name || !folder || !seedText) {
  throw new Error("usage: bench/head.ts held-out|test CONFIG FOLDER SEED [KEY=VALUE…]");
}
const seed = Number(seedText);
const setup = await prepare(
  await readConfig(name, { data: folder, seed, set: [...set, "taskPrediction=head"] }),
);
const { context, dataset, tasks } = setup;
const { inference, extractor } = context;
const learner = await createLearner(setup);
const classes = tasks.flat();
const training = indicesByClass(dataset.train.labels, classes);
const isHeldOut = (_: number, i: number) => where === "held-out" && i % 10 === 9;
const learned = training.map((all) => all.filter((index, i) => !isHeldOut(index, i)));
const judged =
  where === "test"
    ? indicesByClass(dataset.test.labels, classes)
    : training.map((all) => all.filter(isHeldOut));
const source = where === "test" ? dataset.test.source : dataset.train.source;
const sizes = tasks.map(({ length }) => length);
const columns = taskColumns(sizes);

const logitsOf = (head: Head, indices: readonly number[]) =>
  inference.logits(modelWithHead(learner.model, head), source, indices);
const confidences = (logits: Rows) => {
  const each = Array.from({ length: logits.columns }, (_, i) => ({ start: i, end: i + 1 }));
  const { data } = taskEvidence(logits, each, "probability");
  return rowsOf(logits).map((row) =>
    Math.exp(data[row * logits.columns + predictClass(logits, row)] as number),
  );
};
const rowsOf = ({ data, columns: width }: Rows) =>
  Array.from({ length: data.length / width }, (_, row) => row);

let seconds = 0;
for (const [task, own] of byTask(learned, sizes).entries()) {
  const started = performance.now();
  await learner.learn(own);
  seconds = (performance.now() - started) / 1000;
  if (task === tasks.length - 2) await judgeNovelty(task + 1);
}

const { model, memory } = learner;
const head = await learner.head();
const exemplars = await inference.features(
  wholeModel(model),
  context.source,
  memory.classes.flat(),
);
const data = {
  features: exemplars.data,
  size: exemplars.columns,
  labels: memory.classes.flatMap((indices, position) => indices.map(() => position)),
  classes: classes.length,
};
const started = performance.now();
const { shrinkage } = discriminantAnalysis(data);
const fit = (performance.now() - started) / 1000;
console.log(
  `\nfitted in ${fit.toFixed(2)} s, ${percent(fit / seconds)} % of the last task's ${seconds.toFixed(1)} s; shrinkage ${shrinkage}`,
);
const trained = trainedHead(model, extractor.featureSize);
const regressions = PENALTIES.map((penalty) => softmaxRegression(data, penalty));
await judgeSizes();
await judgeSingle();
await judgeMixed();
await learner.release();
await inference.release();

/** Continuum and task accuracy by the size of a continuum. */
async function judgeSizes() {
  const test = { source, tasks: byTask(judged, sizes) };
  const modelFor = (task: number) => learner.modelFor(task);
  const rows = [["p", "logits: continuum", "task", "head: continuum", "task"]];
  const both = [
    await predict(model, inference, test, { head: trained, modelFor }),
    await predict(model, inference, test, { head, modelFor }),
  ];
  for (const p of [1, 2, 5, 10, 20]) {
    const found = both.map((predictions) => measure(predictions, { p, seed }).continuum);
    rows.push([
      String(p),
      ...found.flatMap((one) => [percent(one.classAccuracy), percent(one.taskAccuracy)]),
    ]);
  }
  console.log(`\n${textTable(rows)}`);
}

/** Sample by sample: rivals, and how far the head's confidence can be trusted. */
async function judgeSingle() {
  const labels = judged.flatMap((indices, position) => indices.map(() => position));
  const right = async (rival: Head) => {
    const logits = await logitsOf(rival, judged.flat());
    return labels.map((label, row) => predictClass(logits, row) === label);
  };
  const accuracy = (values: readonly boolean[]) => percent(mean(values.map(Number)));
  const rivals = [];
  for (const rival of regressions) rivals.push(mean((await right(rival)).map(Number)));
  const nearest = await nearestMeanHead(model, memory, context);
  const own = await right(head);
  console.log(
    `\n${textTable([
      ["single-sample", ""],
      ["logits", accuracy(await right(trained))],
      ["nearest mean", accuracy(await right(nearest))],
      [
        `logistic regression, penalties ${PENALTIES.join(", ")}`,
        rivals.map((one) => percent(one)).join(" "),
      ],
      ["head", accuracy(own)],
    ])}`,
  );
  const sure = confidences(await logitsOf(head, judged.flat()));
  const rows = [["confidence at least", "share of the samples", "right", "mean confidence"]];
  for (const least of [0, 0.5, 0.7, 0.9, 0.95]) {
    const kept = sure.map((_, i) => i).filter((i) => (sure[i] as number) >= least);
    const share = percent(kept.length / sure.length);
    const stated = percent(mean(kept.map((i) => sure[i] as number)));
    rows.push([String(least), share, accuracy(kept.map((i) => own[i] as boolean)), stated]);
  }
  console.log(`\n${textTable(rows)}`);
}

/** Groups of samples of several tasks: the share of samples whose task is right. */
async function judgeMixed() {
  const perTask = byTask(judged, sizes).map((own) => own.flat());
  const indices = perTask.flat();
  const taskOf = perTask.flatMap((own, task) => own.map(() => task));
  const rowsOfTask = tasks.map((_, task) =>
    taskOf.flatMap((own, row) => (own === task ? [row] : [])),
  );
  const byLogits = taskEvidence(await logitsOf(trained, indices), columns, "maximum");
  const byHead = taskEvidence(await logitsOf(head, indices), columns, "probability");
  const ways: [string, (group: readonly number[]) => number[]][] = [
    ["logits, one task", (group) => group.map(() => predictTask(byLogits, group))],
    ["head, one task", (group) => group.map(() => predictTask(byHead, group))],
    ["head, each alone", (group) => group.map((row) => predictTask(byHead, [row]))],
    ["head, split", (group) => splitContinuum(byHead, group)],
  ];
  const rows = [["samples of each task", ...ways.map(([title]) => title)]];
  for (const parts of [[20], [19, 1], [16, 4], [10, 10], [7, 7, 6], [5], [3, 2]]) {
    const random = seededRandom(seed, "mixed", parts.join());
    const shares = ways.map(() => [] as number[]);
    for (let repeat = 0; repeat < 200; repeat++) {
      const chosen = random.shuffle(tasks.map((_, task) => task));
      const group = parts.flatMap((count, i) => {
        const own = rowsOfTask[chosen[i] as number] as number[];
        return random.shuffle(own).slice(0, count);
      });
      ways.forEach(([, way], i) => {
        const found = way(group);
        const right = group.filter((row, j) => found[j] === taskOf[row]);
        shares[i]?.push(right.length / group.length);
      });
    }
    rows.push([parts.join(" + "), ...shares.map((own) => percent(mean(own)))]);
  }
  console.log(`\n${textTable(rows)}`);
}

/** Samples of classes never seen among those of classes seen: area under the ROC curve. */
async function judgeNovelty(seen: number) {
  const perTask = byTask(judged, sizes);
  const known = perTask.slice(0, seen).flat(2);
  const unknown = (perTask[seen] ?? []).flat();
  const fitted = await learner.head();
  const rows = trainedHead(learner.model, extractor.featureSize);
  const largest = (logits: Rows) =>
    rowsOf(logits).map(
      (row) => logits.data[row * logits.columns + predictClass(logits, row)] as number,
    );
  const scores = [
    [
      "head, confidence",
      await logitsOf(fitted, known),
      await logitsOf(fitted, unknown),
      confidences,
    ],
    [
      "head, largest logit",
      await logitsOf(fitted, known),
      await logitsOf(fitted, unknown),
      largest,
    ],
    ["logits, largest", await logitsOf(rows, known), await logitsOf(rows, unknown), largest],
  ] as const;
  console.log(
    textTable([
      ["known from unknown classes, AUROC", ""],
      ...scores.map(([title, a, b, score]) => [title, percent(auroc(score(a), score(b)))]),
    ]),
  );
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

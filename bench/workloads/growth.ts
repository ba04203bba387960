import { linkSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { chunks } from "../../src/base/chunks.js";
import { resolveConfig } from "../../src/experiment/config.js";
import { startExperiment } from "../../src/experiment/experiment.js";
import { Inference } from "../../src/model/inference.js";
import { taskModel, taskSizes, wholeModel } from "../../src/model/model.js";
import { taskColumns } from "../../src/model/task-columns.js";
import { radam } from "../../src/optim/radam.js";
import { predict } from "../../src/prediction/predictions.js";
import { taskEvidence } from "../../src/prediction/task-prediction.js";
import { createOnnxRuntime } from "../../src/runtime/node/onnxruntime-node.js";
import { ModelTraining } from "../../src/training/model-training.js";
import { TrainingStep } from "../../src/training/training-step.js";
import { extractorFor, firstIndices, madeBatch, madeModel, madeSamples } from "../made.js";
import { type MadeSession, startSession } from "../made-session.js";
import type { Row } from "../page.js";
import { type Bench, inTurns, milliseconds, type Workload } from "../workload.js";

const MLP: Omit<MadeSession, "tasks"> = {
  network: { name: "mlp" },
  optimizer: { name: "radam" },
  ...{ shape: [1, 28, 28], classes: 10, batchSize: 256, oldShare: 2 / 7 },
};

const RESNET: Omit<MadeSession, "tasks"> = {
  network: { name: "reduced-resnet18" },
  optimizer: { name: "radam" },
  ...{ shape: [3, 32, 32], classes: 10, batchSize: 128, oldShare: 2 / 7 },
};

/** A mini-batch of the last task's session. */
async function miniBatch(
  bench: Bench,
  session: MadeSession,
  update: "paper" | "outer",
  title: string,
): Promise<Row[]> {
  const training = await startSession(createOnnxRuntime(), session, { name: "itaml", update });
  const repetitions = session.network.name === "mlp" ? 20 : 2;
  const { ours } = await inTurns(bench, { ours: () => milliseconds(training.train, repetitions) });
  const rule = update === "paper" ? "the paper's rule" : "one pass";
  return [{ workload: `${title}: a mini-batch, ${rule}`, unit: "ms", ours }];
}

/** Which task each of 2,000 samples fits, among ten. */
async function scoring(bench: Bench, classes: number): Promise<Row[]> {
  const extractor = extractorFor(MLP.network, MLP.shape);
  const model = madeModel(extractor, 10, classes / 10);
  const inference = await Inference.compile(createOnnxRuntime(), extractor);
  const columns = taskColumns(taskSizes(model, extractor));
  const source = madeSamples(MLP.shape, 2000);
  const indices = firstIndices(source.length);
  const score = async () => {
    for await (const logits of inference.logitsByBatch(wholeModel(model), source, indices)) {
      taskEvidence(logits, columns, "maximum");
    }
  };
  const { ours } = await inTurns(bench, { ours: () => milliseconds(score, 5) });
  return [{ workload: `MLP, ${classes} classes: the tasks of 2,000 samples`, unit: "ms", ours }];
}

async function step(bench: Bench, side: number): Promise<Row[]> {
  const [shape, samples] = [[3, side, side], 8];
  const extractor = extractorFor({ name: "resnet18" }, shape);
  const compiled = await TrainingStep.compile(createOnnxRuntime(), extractor, radam());
  const training = await ModelTraining.start(taskModel(madeModel(extractor, 1, 10), 0), compiled);
  const batch = madeBatch(shape, samples, 10);
  const { ours } = await inTurns(bench, {
    // Some of the first dozen steps are slow: their memory is new.
    ours: () => milliseconds(() => training.train(batch, 1e-3), 12),
  });
  return [{ workload: `ResNet-18, side ${side}: a step of ${samples} pictures`, unit: "ms", ours }];
}

/** With the base model in place of adapted ones: what adaptation takes is training. */
async function evaluation(bench: Bench, tasks: number): Promise<Row[]> {
  const extractor = extractorFor(RESNET.network, RESNET.shape);
  const model = madeModel(extractor, tasks, 10);
  const inference = await Inference.compile(createOnnxRuntime(), extractor);
  const source = madeSamples(RESNET.shape, 100 * tasks);
  const test = { source, tasks: chunks(chunks(firstIndices(source.length), 10), 10) };
  const { ours } = await inTurns(bench, {
    ours: () => milliseconds(() => predict(model, inference, test)),
  });
  const workload = `reduced ResNet-18, ${tasks} tasks: evaluation, 100 pictures of each`;
  return [{ workload, unit: "ms", ours }];
}

const EACH = 45;

/** From the start of a run to its first mini-batch, in MS-Celeb's shape: 45 pictures of 8 × 8 a class. Once. */
async function firstMiniBatch({ progress }: Bench, classes: number): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "itaml-bench-"));
  try {
    const data = join(folder, "data");
    progress("writing pictures");
    await writeClasses(data, classes);
    progress("starting");
    const config = resolveConfig(
      {
        ...{ dataset: "msceleb", data, classesPerTask: 100, tasks: classes / 100 },
        learner: { name: "itaml", memory: classes },
        ...{ split: { moreThan: EACH - 1, train: 30, test: 15 }, images: { size: 8 } },
        ...{ network: { name: "mlp", hidden: [32] }, optimizer: { name: "sgd" } },
        ...{ learningRate: 0.01, epochs: 1, batchSize: 64 },
      },
      "bench",
    );
    const stop = new AbortController();
    const time = await milliseconds(() =>
      startExperiment(join(folder, "run"), config, {
        signal: stop.signal,
        onProgress: () => stop.abort(),
      }).catch((error) => {
        if (!stop.signal.aborted) throw error;
      }),
    );
    const pictures = (EACH * classes).toLocaleString("en");
    const workload = `a run on ${pictures} pictures: to its first mini-batch`;
    return [{ workload, unit: "s", ours: [time / 1000] }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Folders of names for one picture of the class's colour. */
async function writeClasses(folder: string, classes: number): Promise<void> {
  for (let label = 0; label < classes; label++) {
    const own = join(folder, `m.${String(label).padStart(5, "0")}`);
    mkdirSync(own, { recursive: true });
    const background = { r: label % 256, g: (label >> 4) % 256, b: (label >> 8) % 256 };
    const first = join(own, "00.png");
    await sharp({ create: { width: 8, height: 8, channels: 3, background } })
      .png()
      .toFile(first);
    for (let i = 1; i < EACH; i++) linkSync(first, join(own, `${String(i).padStart(2, "0")}.png`));
  }
}

type Parts = Workload["parts"];

const byTasks = [1, 10, 100].flatMap((tasks) =>
  (["paper", "outer"] as const).flatMap((update) =>
    [
      { ...RESNET, title: "reduced ResNet-18" },
      { ...MLP, title: "MLP" },
    ].map(({ title, ...session }): [string, Parts[string]] => [
      `${title}, ${tasks} tasks, ${update}`,
      (bench) => miniBatch(bench, { ...session, tasks }, update, `${title}, ${tasks} tasks`),
    ]),
  ),
);

const byClasses = [10, 100, 1000, 10_000].map((classes): [string, Parts[string]] => [
  `MLP, ${classes} classes`,
  async (bench) => [
    ...(await miniBatch(
      bench,
      { ...MLP, tasks: 10, classes: classes / 10, batchSize: 128 },
      "paper",
      `MLP, ${classes} classes in ten tasks`,
    )),
    ...(await scoring(bench, classes)),
  ],
]);

const parts = <Size>(
  sizes: readonly Size[],
  name: string,
  measure: (bench: Bench, size: Size) => Promise<Row[]>,
) =>
  sizes.map((size): [string, Parts[string]] => [
    `${name} ${size}`,
    (bench) => measure(bench, size),
  ]);

export const growth: Workload = {
  name: "growth",
  about: "how cost and memory grow with tasks, classes, and number and size of pictures",
  onlyNamed: true,
  parts: Object.fromEntries([
    ...byTasks,
    ...byClasses,
    ...parts([32, 112, 224], "ResNet-18, side", step),
    ...parts([1, 10], "evaluation, tasks", evaluation),
    ...parts([2500, 10_000, 22_300], "a run, classes", firstMiniBatch),
  ]),
};

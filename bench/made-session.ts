import { createChosen } from "../src/base/part.js";
import { createMethod, sums } from "../src/learners/method.js";
import { learnerParts } from "../src/learners/parts.js";
import { learnerShape } from "../src/learners/settings.js";
import { Inference } from "../src/model/inference.js";
import type { NetworkSettings } from "../src/nn/index.js";
import type { OptimizerSettings } from "../src/optim/index.js";
import type { Runtime } from "../src/runtime/runtime.js";
import { extractorFor, madeModel, madeSamples } from "./made.js";

/** The session of the last of some tasks, on made pictures. */
export interface MadeSession {
  readonly network: NetworkSettings;
  /** Of a picture: [channels, height, width]. */
  readonly shape: readonly number[];
  readonly optimizer: OptimizerSettings;
  readonly tasks: number;
  /** Of a task. */
  readonly classes: number;
  readonly batchSize: number;
  /** Share of a mini-batch that old tasks' exemplars are, as many of each. */
  readonly oldShare: number;
}

/** Samples of each task in a mini-batch. */
export function samplesByTask({ tasks, batchSize, oldShare }: MadeSession): number[] {
  const old = tasks > 1 ? Math.round(batchSize * oldShare) : 0;
  const until = (task: number) => Math.floor((task * old) / (tasks - 1));
  const shares = Array.from({ length: tasks - 1 }, (_, task) => until(task + 1) - until(task));
  return [...shares, batchSize - old];
}

/** Ready to train on one mini-batch, by the method of a configuration's `learner`. */
export async function startSession(runtime: Runtime, session: MadeSession, learner: unknown) {
  const { network, shape, optimizer, tasks, classes, batchSize } = session;
  const extractor = extractorFor(network, shape);
  const source = madeSamples(shape, batchSize);
  const model = madeModel(extractor, tasks, classes);
  const settings = learnerShape(learnerParts).learner.parse(learner);
  const method = createMethod(learnerParts.methods, settings, learnerParts);
  if (sums(method)) throw new Error("a method that sums has no mini-batches");
  const inference = await Inference.compile(runtime, extractor);
  const positions = samplesByTask(session).flatMap((samples, task) =>
    Array.from({ length: samples }, (_, i) => task * classes + (i % classes)),
  );
  const samples = positions.map((position, index) => ({ index, position }));
  const training = await method.update.begin(
    {
      context: { runtime, extractor, inference, source, seed: 1, plannedTasks: tasks },
      ...{ task: tasks - 1, model, oldClasses: classes * (tasks - 1) },
      before: { ...model, classifiers: model.classifiers.slice(0, -1) },
      newClasses: Array.from({ length: classes }, () => []),
      ...{ more: new Map(), state: new Map(), samples, hooks: {} },
    },
    { optimizer: createChosen(learnerParts.optimizers, optimizer) },
  );
  const { data } = await training.load(samples, ["bench"]);
  return {
    train: () => training.train(data, 1e-4),
    async release() {
      await training.release();
      await inference.release();
    },
  };
}

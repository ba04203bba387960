import { orRelease } from "../base/or-release.js";
import { Graph, type Tensor } from "../graph/graph.js";
import { concatenateAlong, multiply, slice, subtract } from "../graph/operators/index.js";
import type { TaskBatch } from "../model/micro-batch.js";
import type { Model } from "../model/model.js";
import { taskColumns } from "../model/task-columns.js";
import { limitNorm } from "../optim/gradient-norm.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { Handle, Program, Value } from "../runtime/runtime.js";
import { Lanes, type RunKind } from "./lanes.js";
import { MetaModel } from "./meta-model.js";
import type { MetaUpdate } from "./meta-training.js";
import { OptimizerMemory } from "./optimizer-memory.js";
import { optimizerUpdate } from "./optimizer-update.js";
import type { TrainingStep } from "./training-step.js";

export interface OuterTrainingOptions {
  /** r: steps of gradient descent of an inner loop. */
  readonly innerSteps: number;
  /** α, their learning rate. */
  readonly innerLearningRate: number;
  /** What takes (Φ − mean Φ_i)/α for a gradient of Φ. */
  readonly optimizer: Optimizer;
  /** Limit of that gradient's norm. Default: none. */
  readonly gradientNorm?: number | undefined;
}

/**
 * Algorithm 1 of the paper with an optimiser in the place of its outer step (Reddi et al. 2021, with the tasks of a
 * mini-batch as clients): every task with a sample in the mini-batch descends from the same Φ, without moments; how far
 * their mean has gone is a gradient of Φ for the outer optimiser. Of a task that isn't there φ_i has not gone anywhere.
 */
export class OuterTraining implements MetaUpdate {
  readonly #step: TrainingStep;
  readonly #options: OuterTrainingOptions;
  readonly #lanes: Lanes;
  readonly #model: MetaModel;
  readonly #outer: Program;
  /** θ before the outer step; θ and each φ_i after it. */
  readonly #before: Handle;
  readonly #after: { readonly theta: Handle; readonly classifiers: readonly Handle[] };
  /** Inner loops have no moments. */
  readonly #inner: OptimizerMemory;
  /** Of Φ as a whole. */
  readonly optimizers: readonly [OptimizerMemory];

  private constructor(
    step: TrainingStep,
    options: OuterTrainingOptions,
    lanes: Lanes,
    model: MetaModel,
    outer: Program,
    sizes: readonly number[],
  ) {
    const { runtime, extractor } = step;
    const { memory } = runtime;
    this.#step = step;
    this.#options = options;
    this.#lanes = lanes;
    this.#model = model;
    this.#outer = outer;
    const { theta, statistics } = model.base(0);
    const box = ({ shape }: Handle) => memory.allocate(shape);
    this.#before = box(theta);
    this.#after = {
      theta: box(theta),
      classifiers: model.classifiers.map(({ base }) => box(base)),
    };
    this.#inner = step.newOptimizer(model.base(0));
    const rows = sizes.reduce((sum, size) => sum + size, 0);
    const classifier = { shape: [rows, extractor.featureSize] };
    this.optimizers = [
      new OptimizerMemory(memory, options.optimizer, { theta, statistics, classifier }),
    ];
  }

  /** @param step of gradient descent without moments */
  static async start(
    model: Model,
    step: TrainingStep,
    options: OuterTrainingOptions,
  ): Promise<OuterTraining> {
    const { extractor, runtime } = step;
    const sizes = model.classifiers.map(({ length }) => length / extractor.featureSize);
    const graph = outerStep(extractor.parameters.size, extractor.featureSize, sizes, options);
    const outer = await runtime.compile(graph, { resident: [...graph.outputs.keys()] });
    return orRelease(outer, async () => {
      const lanes = new Lanes(extractor, runtime, sizes.length);
      const resident = await MetaModel.start(model, step, lanes.placement);
      return orRelease(
        resident,
        () => new OuterTraining(step, options, lanes, resident, outer, sizes),
      );
    });
  }

  async train(batches: readonly TaskBatch[], learningRate: number): Promise<number[]> {
    const losses = await this.#lanes.run(batches, (batch, kind) => this.#innerLoop(batch, kind));
    await this.#outerStep(batches, learningRate);
    return losses.flat();
  }

  /** Φ_i ← {θ, φ_i} of the base; r times: Φ_i ← Φ_i − α·∇loss(B_i). */
  async #innerLoop(batch: TaskBatch, kind: RunKind): Promise<number[]> {
    const { innerSteps, innerLearningRate } = this.#options;
    const losses: number[] = [];
    let from = this.#model.base(batch.task);
    for (const into of this.#model.places(batch.task, innerSteps)) {
      losses.push(await this.#step.run(from, into, this.#inner, batch, innerLearningRate, kind));
      from = into;
    }
    return losses;
  }

  /** Φ ← optimiser(Φ, (Φ − mean Φ_i)/α); statistics ← their mean over the samples. */
  async #outerStep(batches: readonly TaskBatch[], learningRate: number): Promise<void> {
    const { theta, statistics, classifiers, own } = this.#model;
    const { memory } = this.#step.runtime;
    const present = batches.map(({ task }) => task);
    const samples = batches.reduce((sum, batch) => sum + batch.samples, 0);
    await statistics.sum(
      0,
      own.map((_, i) => (batches.find(({ task }) => task === i)?.samples ?? 0) / samples),
    );
    await memory.copy(theta.base, this.#before);
    await theta.moveToMean(present, 1);
    const [outer] = this.optimizers;
    const inputs: Record<string, Handle | Value> = {
      ...{ theta: this.#before, mean: theta.base },
      share: { data: Float32Array.of(1 / present.length), shape: [] },
    };
    const outputs: Record<string, Handle> = { "next.theta": this.#after.theta };
    classifiers.forEach(({ base, others }, task) => {
      inputs[`base.${task}`] = base;
      inputs[`own.${task}`] = present.includes(task) ? (others[0] as Handle) : base;
      outputs[`next.${task}`] = this.#after.classifiers[task] as Handle;
    });
    const moments = outer.bind(learningRate);
    await this.#outer.run({ ...inputs, ...moments.inputs }, { ...outputs, ...moments.outputs });
    outer.steps++;
    await memory.copy(this.#after.theta, theta.base);
    for (const [task, { base }] of classifiers.entries()) {
      await memory.copy(this.#after.classifiers[task] as Handle, base);
    }
  }

  read(): Promise<void> {
    return this.#model.read();
  }

  async release(): Promise<void> {
    const { memory } = this.#step.runtime;
    memory.free(this.#before, this.#after.theta, ...this.#after.classifiers);
    this.#inner.free();
    this.optimizers[0].free();
    await this.#outer.release();
    await this.#model.release();
  }
}

/** Inputs and outputs as {@link OuterTraining} names them. */
function outerStep(
  parameters: number,
  featureSize: number,
  sizes: readonly number[],
  { optimizer, innerLearningRate, gradientNorm }: OuterTrainingOptions,
): Graph {
  const graph = new Graph("outer step");
  const theta = graph.input("theta", "float32", [parameters]);
  const mean = graph.input("mean", "float32", [parameters]);
  const share = graph.input("share", "float32", []);
  const rows = (name: string) =>
    concatenateAlong(
      0,
      sizes.map((size, task) => graph.input(`${name}.${task}`, "float32", [size, featureSize])),
    );
  const classifier = rows("base");
  const perRate = graph.scalar(1 / innerLearningRate);
  const whole = [
    multiply(subtract(theta, mean), perRate),
    multiply(subtract(classifier, rows("own")), multiply(share, perRate)),
  ];
  const [ofTheta, ofClassifier] = (
    gradientNorm === undefined ? whole : limitNorm(whole, gradientNorm)
  ) as [Tensor, Tensor];
  const update = optimizerUpdate(graph, optimizer);
  graph.output("next.theta", update("theta", theta, ofTheta));
  const next = update("classifier", classifier, ofClassifier);
  taskColumns(sizes).forEach(({ start, end }, task) => {
    graph.output(`next.${task}`, slice(next, 0, start, end));
  });
  return graph;
}

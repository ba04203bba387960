import { gradients } from "../graph/differentiate.js";
import { Graph, type Tensor } from "../graph/graph.js";
import { concatenate, linear } from "../graph/operators/index.js";
import { binaryCrossEntropy } from "../losses/binary-cross-entropy.js";
import type { Loss } from "../losses/loss.js";
import { bindInputs } from "../model/bind-inputs.js";
import type { MicroBatch } from "../model/micro-batch.js";
import { modelHandles, type ResidentModel } from "../model/resident-model.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import { limitNorm } from "../optim/gradient-norm.js";
import type { Optimizer } from "../optim/optimizer.js";
import type { Handles, Placement, Program, Runtime } from "../runtime/runtime.js";
import type { RunKind } from "./lanes.js";
import { OptimizerMemory } from "./optimizer-memory.js";
import { optimizerUpdate } from "./optimizer-update.js";

export interface TrainingStepOptions {
  /** Default: the mean binary cross-entropy. */
  readonly loss?: Loss | undefined;
  /** Limit of the norm of the gradient of all that is trained together. Default: none. */
  readonly gradientNorm?: number | undefined;
  /** θ and the statistics stay as they are, and the network is in evaluation mode: only the classifier is trained. */
  readonly frozen?: boolean | undefined;
}

/**
 * One step of gradient descent as one program: forward, the loss, backward, and the optimiser's update, for θ and the
 * rows given.
 */
export class TrainingStep {
  readonly runtime: Runtime;
  readonly extractor: FeatureExtractor;
  readonly #optimizer: Optimizer;
  readonly #loss: Loss;
  readonly #program: Program;
  readonly #compileOverlapping: () => Promise<Program>;
  /** For runs beside one another; made when it is first needed. */
  #overlapping: Promise<Program> | undefined;

  private constructor(
    runtime: Runtime,
    extractor: FeatureExtractor,
    optimizer: Optimizer,
    loss: Loss,
    program: Program,
    compileOverlapping: () => Promise<Program>,
  ) {
    this.runtime = runtime;
    this.extractor = extractor;
    this.#optimizer = optimizer;
    this.#loss = loss;
    this.#program = program;
    this.#compileOverlapping = compileOverlapping;
  }

  static async compile(
    runtime: Runtime,
    extractor: FeatureExtractor,
    optimizer: Optimizer,
    { loss = binaryCrossEntropy, gradientNorm, frozen = false }: TrainingStepOptions = {},
  ): Promise<TrainingStep> {
    const graph = trainingGraph(extractor, optimizer, { loss, gradientNorm, frozen });
    const resident = [...graph.outputs.keys()].filter((name) => name !== "loss");
    const program = await runtime.compile(graph, { resident });
    const overlapping = () => runtime.compile(graph, { resident, overlapping: true });
    return new TrainingStep(runtime, extractor, optimizer, loss, program, overlapping);
  }

  /** An optimiser before its first step, of a model of these shapes. */
  newOptimizer(model: ResidentModel, placement?: Placement): OptimizerMemory {
    return new OptimizerMemory(this.runtime.memory, this.#optimizer, model, placement);
  }

  /**
   * Writes the model after one step to `into`, whose memory must not overlap that of `from`, and advances the optimiser.
   *
   * @returns the loss before the step
   */
  async run(
    from: ResidentModel,
    into: ResidentModel,
    optimizer: OptimizerMemory,
    batch: MicroBatch,
    learningRate: number,
    kind: RunKind = "alone",
  ): Promise<number> {
    const { x, samples, targets } = batch;
    const loss = { data: new Float32Array(1), shape: [] };
    const inputs: Handles = {
      x: { data: x, shape: [samples, ...this.extractor.input.shape] },
      targets: { data: targets, shape: [samples, targets.length / samples] },
      ...batch.lossInputs,
      ...this.#loss.inputs?.(batch),
      ...modelHandles("", from),
    };
    const own = optimizer.bind(learningRate);
    const outputs: Handles = { loss, ...modelHandles("next.", into), ...own.outputs };
    const program = kind === "alone" ? this.#program : await this.#overlappingProgram();
    await program.run({ ...inputs, ...own.inputs }, outputs);
    optimizer.steps++;
    return loss.data[0] as number;
  }

  async release(): Promise<void> {
    await this.#program.release();
    await (await this.#overlapping)?.release();
  }

  #overlappingProgram(): Promise<Program> {
    this.#overlapping ??= this.#compileOverlapping();
    return this.#overlapping;
  }
}

/** Inputs and outputs as {@link TrainingStep.run} names them; the numbers of samples and rows are symbolic. */
function trainingGraph(
  extractor: FeatureExtractor,
  optimizer: Optimizer,
  {
    loss: { build },
    gradientNorm,
    frozen,
  }: { loss: Loss; gradientNorm: number | undefined; frozen: boolean },
): Graph {
  const graph = new Graph("training step");
  const x = extractor.declareInput(graph);
  const targets = graph.input("targets", "float32", ["batch", "rows"]);
  const thetaShape = [extractor.parameters.size];
  const classifierShape = ["rows", extractor.featureSize];
  const theta = graph.input("theta", "float32", thetaShape);
  const classifier = graph.input("classifier", "float32", classifierShape);

  const { parameters, binding, join } = bindInputs(extractor, theta);
  const { features, statistics } = extractor.apply(x, binding, { training: !frozen });
  const logits = linear(features, classifier);
  const loss = build({
    ...{ logits, targets, parameters, classifier },
    input: (name, shape) => graph.input(name, "float32", shape),
  });
  graph.output("loss", loss);
  if (statistics.length > 0) graph.output("next.statistics", concatenate(statistics));

  const trained = frozen ? [classifier] : [classifier, ...parameters];
  const [classifierGradient, ...parameterGradients] = gradients(loss, trained);
  const ofTheta = frozen ? [] : [join(parameterGradients)];
  const whole = [classifierGradient as Tensor, ...ofTheta];
  const gradient = gradientNorm === undefined ? whole : limitNorm(whole, gradientNorm);
  const update = optimizerUpdate(graph, optimizer);
  graph.output("next.theta", update("theta", theta, gradient[1]));
  graph.output("next.classifier", update("classifier", classifier, gradient[0]));
  return graph;
}

import { gradients } from "../graph/differentiate.js";
import { Graph, type Tensor } from "../graph/graph.js";
import { concatenate, identity, linear } from "../graph/operators/index.js";
import { binaryCrossEntropy } from "../losses/binary-cross-entropy.js";
import type { Loss } from "../losses/loss.js";
import { bindInputs } from "../model/bind-inputs.js";
import type { MicroBatch } from "../model/micro-batch.js";
import type { TaskModel } from "../model/model.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import { limitNorm } from "../optim/gradient-norm.js";
import type { Optimizer } from "../optim/optimizer.js";
import { outputsInPieces, vectorOutput } from "../runtime/output-pieces.js";
import type { Program, Runtime, Value } from "../runtime/runtime.js";

export interface TrainingStepOptions {
  /** Default: the mean binary cross-entropy. */
  readonly loss?: Loss | undefined;
  /** Limit of the norm of the gradient of all that is trained together. Default: none. */
  readonly gradientNorm?: number | undefined;
  /** θ and the statistics stay as they are, and the network is in evaluation mode: only the classifier is trained. */
  readonly frozen?: boolean | undefined;
}

/** What an optimiser remembers from step to step about one task model. */
export interface OptimizerState {
  /** Steps done. */
  steps: number;
  /** The optimiser's moments, as it declares them; a step changes them in place. */
  readonly moments: readonly { theta: Float32Array; classifier: Float32Array }[];
}

/**
 * One step of gradient descent as one program: forward, the loss, backward, and the optimiser's update, for θ and the
 * rows given.
 */
export class TrainingStep {
  readonly extractor: FeatureExtractor;
  readonly optimizer: Optimizer;
  readonly #loss: Loss;
  readonly #program: Program;
  readonly #compileOverlapping: () => Promise<Program>;
  /** For runs beside one another; made when it is first needed. */
  #overlapping: Promise<Program> | undefined;

  private constructor(
    extractor: FeatureExtractor,
    optimizer: Optimizer,
    loss: Loss,
    program: Program,
    compileOverlapping: () => Promise<Program>,
  ) {
    this.extractor = extractor;
    this.optimizer = optimizer;
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
    const program = await runtime.compile(graph);
    const overlapping = () => runtime.compile(graph, { overlapping: true });
    return new TrainingStep(extractor, optimizer, loss, program, overlapping);
  }

  /**
   * The state before the first step.
   *
   * @param allocate where its moments of θ stand
   */
  newState(
    { theta, classifier }: TaskModel,
    allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
  ): OptimizerState {
    const moments = this.optimizer.moments.map(() => ({
      theta: allocate(theta.length),
      classifier: new Float32Array(classifier.length),
    }));
    return { steps: 0, moments };
  }

  /**
   * Writes the task model after one step to `into`, whose memory must not overlap `from`, and advances `state`.
   *
   * @param how on all threads, or beside other runs, in one thread
   * @returns the loss before the step
   */
  async run(
    from: TaskModel,
    into: TaskModel,
    state: OptimizerState,
    batch: MicroBatch,
    learningRate: number,
    how: "alone" | "overlapping" = "alone",
  ): Promise<number> {
    const { extractor, optimizer } = this;
    const { x, samples, targets } = batch;
    const loss = { data: new Float32Array(1), shape: [] };
    const inputs: Record<string, Value> = {
      x: { data: x, shape: [samples, ...extractor.input.shape] },
      targets: { data: targets, shape: [samples, targets.length / samples] },
      ...this.#loss.inputs(batch),
      ...this.#modelValues("", from),
    };
    const outputs: Record<string, Value> = {
      loss,
      ...outputsInPieces(this.#modelValues("next.", into)),
    };
    const coefficients = optimizer.coefficientsAt(state.steps + 1, learningRate);
    for (const name of optimizer.coefficients) {
      inputs[name] = { data: Float32Array.of(coefficients[name] as number), shape: [] };
    }
    optimizer.moments.forEach((name, i) => {
      Object.assign(inputs, this.#parameterValues(`${name}.`, state.moments[i] as TaskModel));
      const moments = this.#parameterValues(`next.${name}.`, state.moments[i] as TaskModel);
      Object.assign(outputs, outputsInPieces(moments));
    });
    const program = how === "alone" ? this.#program : await this.#overlappingProgram();
    await program.run(inputs, outputs);
    state.steps++;
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

  #parameterValues(
    prefix: string,
    { theta, classifier }: Pick<TaskModel, "theta" | "classifier">,
  ): Record<string, Value> {
    const { featureSize } = this.extractor;
    return {
      [`${prefix}theta`]: { data: theta, shape: [theta.length] },
      [`${prefix}classifier`]: {
        data: classifier,
        shape: [classifier.length / featureSize, featureSize],
      },
    };
  }

  #modelValues(prefix: string, model: TaskModel): Record<string, Value> {
    const { statistics } = model;
    return {
      ...this.#parameterValues(prefix, model),
      ...(statistics.length > 0 && {
        [`${prefix}statistics`]: { data: statistics, shape: [statistics.length] },
      }),
    };
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

  const { parameters, binding } = bindInputs(extractor, theta);
  const { features, statistics } = extractor.apply(x, binding, { training: !frozen });
  const logits = linear(features, classifier);
  const loss = build({ logits, targets, parameters, classifier });
  graph.output("loss", loss);
  if (statistics.length > 0) vectorOutput("next.statistics", concatenate(statistics));

  const trained = frozen ? [classifier] : [classifier, ...parameters];
  const [classifierGradient, ...parameterGradients] = gradients(loss, trained);
  const ofTheta = frozen ? [] : [concatenate(parameterGradients)];
  const whole = [classifierGradient as Tensor, ...ofTheta];
  const gradient = gradientNorm === undefined ? whole : limitNorm(whole, gradientNorm);
  const coefficients = Object.fromEntries(
    optimizer.coefficients.map((name) => [name, graph.input(name, "float32", [])]),
  );
  const update = (name: string, parameter: Tensor, gradient: Tensor | undefined) => {
    const moments = optimizer.moments.map((moment) =>
      graph.input(`${moment}.${name}`, "float32", parameter.shape),
    );
    const next = gradient
      ? optimizer.update(parameter, gradient, moments, coefficients)
      : { parameter: identity(parameter), moments: moments.map(identity) };
    const output = parameter.rank === 1 ? vectorOutput : graph.output.bind(graph);
    output(`next.${name}`, next.parameter);
    optimizer.moments.forEach((moment, i) => {
      output(`next.${moment}.${name}`, next.moments[i] as Tensor);
    });
  };
  update("theta", theta, gradient[1]);
  update("classifier", classifier, gradient[0]);
  return graph;
}

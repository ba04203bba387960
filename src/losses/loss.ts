import type { Tensor } from "../graph/graph.js";
import type { Shape } from "../graph/shape.js";
import type { MicroBatch, ReadMicroBatch } from "../model/micro-batch.js";
import type { LearnerState } from "../model/model.js";
import type { TrainingSession } from "../model/session.js";
import type { Value } from "../runtime/runtime.js";

/** What a loss is of, as nodes of a training graph. */
export interface LossTensors {
  /** [batch, rows] */
  readonly logits: Tensor;
  /** [batch, rows] */
  readonly targets: Tensor;
  /** The pieces of θ, in the layout's order. */
  readonly parameters: readonly Tensor[];
  /** [rows, featureSize] */
  readonly classifier: Tensor;
  /** An input of the loss's own, float32, under a name that is unique within the loss. */
  input(name: string, shape: Shape): Tensor;
}

/** The values of a loss's own inputs, by their names. */
export type LossInputs = Readonly<Record<string, Value>>;

/** What a loss knows of a mini-batch beside samples and targets. */
export type Completion = (batch: ReadMicroBatch) => LossInputs;

/** What training makes small, as a value. */
export interface Loss {
  /**
   * Adds its nodes to the graph, and by `input` inputs of its own where it knows more than samples and targets.
   *
   * @returns shape []
   */
  build(tensors: LossTensors): Tensor;
  /** The values of those of them that follow from a mini-batch alone. Default: none. */
  inputs?(batch: MicroBatch): LossInputs;
  /** Makes ready for a task what tells the values of all others. Default: there are none. */
  complete?(session: TrainingSession): Promise<Completion>;
  /** What it keeps of a task for those after it, once the task is trained. Default: nothing. */
  remember?(session: TrainingSession): Promise<LearnerState>;
  /** Copies of all parameters that it holds beside the model's. Default: 0. */
  readonly copies?: number;
}

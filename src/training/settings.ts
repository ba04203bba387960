import type { OptimizerSettings } from "../optim/index.js";
import type { PerTask } from "../optim/schedule.js";

/** How a task is trained, whatever the rule. */
export interface TrainingSettings {
  readonly optimizer: OptimizerSettings;
  readonly learningRate: PerTask<number>;
  readonly epochs: PerTask<number>;
  /** Limit of the gradient's norm, over θ and φ_i together. Default: none. */
  readonly gradientNorm?: number | undefined;
  /** Epochs, counted from 0, at which the learning rate is multiplied by `factor`. */
  readonly milestones: readonly number[];
  readonly factor: number;
  readonly batchSize: number;
  /** Share of each session's training samples held out to choose the best epoch; 0: the last epoch is the result. */
  readonly validation: number;
  /** p of the continua on which held-out samples are judged. */
  readonly continuum: number;
}

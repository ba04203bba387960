import type { Optimizer } from "../optim/optimizer.js";
import type { PerTask, Schedule } from "../optim/schedule.js";

/** How a task is trained, whatever the rule. */
export interface TrainingSettings {
  readonly optimizer: Optimizer;
  readonly learningRate: PerTask<number>;
  readonly epochs: PerTask<number>;
  /** Limit of the gradient's norm, over θ and φ_i together. Default: none. */
  readonly gradientNorm?: number | undefined;
  readonly schedule: Schedule;
  readonly batchSize: number;
  /** Share of each session's training samples held out to choose the best epoch; 0: the last epoch is the result. */
  readonly validation: number;
  /** p of the continua on which held-out samples are judged. */
  readonly continuum: number;
}

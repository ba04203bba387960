import { binaryCrossEntropyWithLogits, multiply, sum } from "../graph/operators/index.js";
import type { ReadMicroBatch } from "../model/micro-batch.js";
import type { TrainingSession } from "../model/session.js";
import type { Loss } from "./loss.js";

/** What each logit of a mini-batch should become, and how much it counts; both [samples, rows of the classifier]. */
export interface WeightedTargets {
  readonly targets: Float32Array;
  readonly weights: Float32Array;
}

type Telling = (batch: ReadMicroBatch) => WeightedTargets;

/**
 * Σ of weight · binary cross-entropy over samples and rows of the classifier.
 *
 * @param prepare makes ready for a task what says the targets and the weights of its mini-batches
 */
export function weightedBinaryCrossEntropy(
  prepare: (session: TrainingSession) => Telling | Promise<Telling>,
): Loss {
  return {
    build({ logits, input }) {
      const targets = input("binary.targets", logits.shape);
      const weights = input("binary.weights", logits.shape);
      return sum(multiply(binaryCrossEntropyWithLogits(logits, targets), weights));
    },
    async complete(session) {
      const tell = await prepare(session);
      return (batch) => {
        const { targets, weights } = tell(batch);
        const shape = [batch.samples, targets.length / batch.samples];
        return {
          "binary.targets": { data: targets, shape },
          "binary.weights": { data: weights, shape },
        };
      };
    },
  };
}

import { orRelease } from "../../base/or-release.js";
import type { Loss } from "../../losses/loss.js";
import { type ReadMicroBatch, readMicroBatch } from "../../model/micro-batch.js";
import { splitClassifiers, wholeModel } from "../../model/model.js";
import { ModelTraining } from "../model-training.js";
import { TrainingStep } from "../training-step.js";
import type { Update } from "../update.js";

/** Gradient descent: one model, one loss over all classes seen, one step of one optimiser for a mini-batch. */
export function descent(loss: Loss): Update {
  const { remember } = loss;
  return {
    async begin(session, { optimizer, gradientNorm, frozen }) {
      const { model, context } = session;
      const { runtime, extractor, source } = context;
      const options = { loss, gradientNorm, frozen };
      // First, as it may be stopped: there is nothing yet to release.
      const complete = await loss.complete?.(session);
      const step = await TrainingStep.compile(runtime, extractor, optimizer, options);
      const training = await orRelease(step, () => ModelTraining.start(wholeModel(model), step));
      return {
        optimizers: [training.optimizer],
        async load(batch, variation) {
          const data = await readMicroBatch(
            source,
            batch.map(({ index }) => index),
            batch.map(({ position }) => position),
            session.oldClasses + session.newClasses.length,
            variation,
          );
          return { data, unreadable: data.unreadable };
        },
        async train(data, learningRate) {
          const batch = data as ReadMicroBatch;
          if (batch.samples === 0) return [];
          const lossInputs = complete?.(batch);
          return [await training.train({ ...batch, lossInputs }, learningRate)];
        },
        async read() {
          const { theta, statistics, classifier } = await training.read();
          model.theta.set(theta);
          model.statistics.set(statistics);
          splitClassifiers(classifier, model.classifiers);
        },
        async release() {
          training.release();
          await step.release();
        },
      };
    },
    ...(remember && { remember }),
    copies: () => 4 + (loss.copies ?? 0),
  };
}

import { mean } from "../../incremental/metrics.js";
import { distillationInputs, distilledCrossEntropy } from "../../losses/distillation.js";
import type { Method, Session } from "./method.js";
import { teacherOf } from "./teacher.js";

/**
 * Weight Aligning (Zhao et al. 2020): trained on the new task and the exemplars of the old ones with distillation from
 * the model before, by the share of old classes; then the rows of new classes, which grow longer, are scaled to the
 * mean length of the old ones.
 */
export const weightAlignment: Method = {
  name: "wa",
  trainsOn: "new and memory",
  keeps: "exemplars",
  startsFrom: "before",
  loss: distilledCrossEntropy,
  complete(session) {
    const { oldClasses: old, newClasses } = session;
    const rows = old + newClasses.length;
    const teach = teacherOf(session);
    return async (batch) => {
      const logits = old > 0 ? await teach(batch) : new Float32Array(0);
      const { samples } = batch;
      return {
        ...batch,
        lossInputs: distillationInputs(logits, { samples, old, rows, lambda: old / rows }),
      };
    };
  },
  finish(session) {
    if (session.oldClasses > 0) align(session);
    return session.state;
  },
};

function align({ model: { classifiers }, context: { extractor } }: Session): void {
  const { featureSize } = extractor;
  const lengths = classifiers.map((rows) => rowLengths(rows, featureSize));
  const ratio = mean(lengths.slice(0, -1).flat()) / mean(lengths.at(-1) as number[]);
  const own = classifiers.at(-1) as Float32Array;
  own.set(own.map((value) => value * ratio));
}

/** The L2 norm of each row. */
export function rowLengths(rows: Float32Array, size: number): number[] {
  return Array.from({ length: rows.length / size }, (_, i) =>
    Math.hypot(...rows.subarray(i * size, (i + 1) * size)),
  );
}

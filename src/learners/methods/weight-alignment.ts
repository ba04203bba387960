import { mean } from "../../incremental/metrics.js";
import { softmaxDistillation } from "../../losses/softmax-distillation.js";
import type { TaskSession } from "../../model/session.js";
import { descent } from "../../training/updates/descent.js";
import { methodPart } from "../method.js";
import { memoryOf, memorySettings, predictionOf, predictionSettings } from "./settings.js";

/**
 * Weight Aligning: trained on the new task and the exemplars of the old ones with distillation from the model before, by
 * the share of old classes; then the rows of new classes, which grow longer, are scaled to the mean length of the old ones.
 */
export const weightAlignment = methodPart({
  name: "wa",
  title: "weight alignment",
  source: "Zhao et al. 2020",
  settings: (parts) => ({
    ...predictionSettings(parts, "logits", "none"),
    ...memorySettings("random"),
  }),
  create: (settings, parts) => ({
    trainsOn: "new and memory",
    startsFrom: "before",
    memory: memoryOf(settings),
    update: descent(softmaxDistillation),
    ...predictionOf(settings, parts),
    finish: align,
  }),
});

function align({ model, context: { extractor }, newClasses, oldClasses }: TaskSession): void {
  if (oldClasses === 0 || newClasses.length === 0) return;
  const { classifiers } = model;
  const { featureSize } = extractor;
  const lengths = classifiers.map((rows) => rowLengths(rows, featureSize));
  const ratio = mean(lengths.slice(0, -1).flat()) / mean(lengths.at(-1) as number[]);
  const own = classifiers.at(-1) as Float32Array;
  own.set(own.map((value) => value * ratio));
}

/** The L2 norm of each row. */
export function rowLengths(rows: Float32Array, size: number): number[] {
  return Array.from({ length: rows.length / size }, (_, i) =>
    Math.sqrt(rows.subarray(i * size, (i + 1) * size).reduce((sum, value) => sum + value ** 2, 0)),
  );
}

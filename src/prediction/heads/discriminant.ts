import { part } from "../../base/part.js";
import type { ExemplarMemory } from "../../incremental/exemplar-memory.js";
import type { LearnerContext } from "../../model/context.js";
import { readableRows } from "../../model/inference.js";
import { type Model, wholeModel } from "../../model/model.js";
import { discriminantAnalysis } from "../discriminant-analysis.js";
import type { Backbone, Head, HeadFitter } from "../head.js";

/**
 * A head by {@link discriminantAnalysis} of the exemplars' features: it compares classes of different tasks, whose logits
 * iTAML's training never compares.
 *
 * @param backbone what the features come from. Default: the base model
 * @returns undefined where there is no exemplar that can be read
 */
export async function discriminantHead(
  model: Model,
  memory: ExemplarMemory,
  { inference, source }: LearnerContext,
  backbone?: Backbone,
): Promise<Head | undefined> {
  const whole = { ...wholeModel(model), ...backbone };
  const rows = await inference.features(whole, source, memory.classes.flat());
  const labels = memory.classes
    .flatMap((indices, position) => indices.map(() => position))
    .filter((_, row) => !rows.unreadable.includes(row));
  if (labels.length === 0) return undefined;
  const features = readableRows(rows);
  const classes = memory.classes.length;
  const { columns: size } = rows;
  const { classifier, bias } = discriminantAnalysis({ features, size, labels, classes });
  return { backbone, classifier, bias, taskEvidence: "probability" };
}

/** The discriminant of the base model's features. */
export const discriminant: HeadFitter = {
  taskEvidence: "probability",
  fit: (model, memory, context) => discriminantHead(model, memory, context),
};

/** `head: discriminant`. */
export const discriminantPart = part({
  name: "discriminant",
  title: "discriminant analysis",
  source: "docs/task-prediction.md: linear discriminant analysis of the memory's features",
  settings: {},
  create: () => discriminant,
});

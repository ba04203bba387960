import { part } from "../../base/part.js";
import type { ExemplarMemory } from "../../incremental/exemplar-memory.js";
import type { LearnerContext } from "../../model/context.js";
import { readableRows } from "../../model/inference.js";
import { type Model, wholeModel } from "../../model/model.js";
import { discriminantAnalysis } from "../discriminant-analysis.js";
import type { Backbone, Head, HeadFitter } from "../head.js";
import type { LabelledFeatures } from "../moments.js";

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
  context: LearnerContext,
  backbone?: Backbone,
): Promise<Head | undefined> {
  const data = await exemplarFeatures(model, memory, context, backbone);
  return data && { ...headOf(discriminantAnalysis(data)), backbone };
}

/** The discriminant of the features' square roots, unless that of the features tells left-out samples clearly better. */
async function powerDiscriminantHead(
  model: Model,
  memory: ExemplarMemory,
  context: LearnerContext,
): Promise<Head | undefined> {
  const data = await exemplarFeatures(model, memory, context);
  if (!data) return undefined;
  const plain = discriminantAnalysis(data);
  const ofRoots = discriminantAnalysis({ ...data, features: data.features.map(signedRoot) });
  return isClearlyLess(plain.losses, ofRoots.losses)
    ? headOf(plain)
    : { ...headOf(ofRoots), ofRoots: true };
}

async function exemplarFeatures(
  model: Model,
  memory: ExemplarMemory,
  { inference, source }: LearnerContext,
  backbone?: Backbone,
): Promise<LabelledFeatures | undefined> {
  const whole = { ...wholeModel(model), ...backbone };
  const rows = await inference.features(whole, source, memory.classes.flat());
  const labels = memory.classes
    .flatMap((indices, position) => indices.map(() => position))
    .filter((_, row) => !rows.unreadable.includes(row));
  if (labels.length === 0) return undefined;
  const { columns: size } = rows;
  return { features: readableRows(rows), size, labels, classes: memory.classes.length };
}

/** Whether losses are less than others of the same samples, by more than the standard error of what they differ by. */
function isClearlyLess(losses: Float64Array, others: Float64Array): boolean {
  const more = others.map((other, i) => other - (losses[i] as number));
  const { length } = more;
  const mean = more.reduce((sum, difference) => sum + difference / length, 0);
  const variance =
    more.reduce((sum, difference) => sum + (difference - mean) ** 2, 0) / (length - 1);
  return mean > Math.sqrt(variance / length);
}

function headOf({ classifier, bias }: Pick<Head, "classifier" | "bias">): Head {
  return { classifier, bias, taskEvidence: "probability" };
}

function signedRoot(x: number): number {
  return Math.sign(x) * Math.sqrt(Math.abs(x));
}

/** The discriminant of the base model's features. */
export const discriminant: HeadFitter = {
  taskEvidence: "probability",
  fit: (model, memory, context) => discriminantHead(model, memory, context),
};

/**
 * The same, of the features' square roots: what is cut off at zero and averaged over a picture is skewed, and its roots are
 * nearer to the normal distributions that the analysis takes classes for. Of the features themselves where exemplars left
 * out one by one are then told better by more than a standard error.
 */
export const powerDiscriminant: HeadFitter = {
  taskEvidence: "probability",
  fit: powerDiscriminantHead,
};

/** `head: discriminant`. */
export const discriminantPart = part({
  name: "discriminant",
  title: "discriminant analysis",
  source: "docs/task-prediction.md: linear discriminant analysis of the memory's features",
  settings: {},
  create: () => discriminant,
});

/** `head: power-discriminant`. */
export const powerDiscriminantPart = part({
  name: "power-discriminant",
  title: "discriminant analysis after a power transformation",
  source:
    "docs/best.md: of the features' square roots (Tukey 1957), unless left-out exemplars are clearly told better without",
  settings: {},
  create: () => powerDiscriminant,
});

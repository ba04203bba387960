import { ItamlError } from "../base/errors.js";
import type { ExemplarMemory } from "../incremental/exemplar-memory.js";
import { crossEntropy } from "../losses/cross-entropy.js";
import type { LearnerContext } from "../model/context.js";
import { readableRows } from "../model/inference.js";
import { isFiniteModel, type LearnerState, type Model, wholeModel } from "../model/model.js";
import { Adaptation, type AdaptationSettings } from "./adaptation.js";
import { discriminantAnalysis } from "./discriminant-analysis.js";
import type { Backbone, Head } from "./head.js";

/**
 * A head by {@link discriminantAnalysis} of the exemplars' features: it compares classes of different tasks, whose logits
 * training never compares.
 *
 * @param tuning how a copy of the base model is trained on the memory first, by the cross-entropy over all classes; the
 *   features are then the copy's. Default: not at all
 * @returns undefined where there is no exemplar that can be read
 * @throws {ItamlError} INTERRUPTED, LOSS_NOT_FINITE
 */
export async function fitHead(
  model: Model,
  memory: ExemplarMemory,
  context: LearnerContext,
  tuning?: AdaptationSettings,
  signal?: AbortSignal,
): Promise<Head | undefined> {
  const { inference, source } = context;
  const backbone = tuning && (await tunedBackbone(model, memory, context, tuning, signal));
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

async function tunedBackbone(
  model: Model,
  memory: ExemplarMemory,
  context: LearnerContext,
  tuning: AdaptationSettings,
  signal: AbortSignal | undefined,
): Promise<Backbone> {
  const adaptation = await Adaptation.compile(context, tuning, crossEntropy);
  try {
    const keys = [model.classifiers.length - 1];
    const tuned = await adaptation.adapt(wholeModel(model), memory.classes, keys, signal);
    const { theta, statistics } = tuned;
    if (!isFiniteModel({ theta, statistics, classifiers: [] })) {
      throw new ItamlError("LOSS_NOT_FINITE", "a parameter is not finite any more", {
        where: `task ${keys[0]} (counted from 0), the head's tuning`,
        remedy: `Use a smaller headTuning.learningRate than ${tuning.learningRate}`,
      });
    }
    return { theta, statistics };
  } finally {
    await adaptation.release();
  }
}

const [CLASSIFIER, BIAS] = ["head.classifier", "head.bias"];
const [THETA, STATISTICS] = ["head.theta", "head.statistics"];

/** A fitted head as it is stored. */
export function stateOfHead({ backbone, classifier, bias }: Head): LearnerState {
  const size = classifier.length / bias.length;
  const vector = (data: Float32Array) => ({ data, shape: [data.length] });
  return new Map([
    [CLASSIFIER, { data: classifier, shape: [bias.length, size] }],
    [BIAS, vector(bias)],
    ...(backbone
      ? [
          [THETA, vector(backbone.theta)] as const,
          [STATISTICS, vector(backbone.statistics)] as const,
        ]
      : []),
  ]);
}

/** The fitted head that was stored; undefined where there is none for such a model and as many classes. */
export function headOfState(state: LearnerState, model: Model, classes: number): Head | undefined {
  const [classifier, bias, theta, statistics] = [CLASSIFIER, BIAS, THETA, STATISTICS].map(
    (name) => state.get(name)?.data,
  );
  if (bias?.length !== classes || !classifier) return undefined;
  const backbone = theta && statistics && { theta, statistics };
  if (backbone && backbone.theta.length !== model.theta.length) return undefined;
  return { backbone, classifier, bias, taskEvidence: "probability" };
}

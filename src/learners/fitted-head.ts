import type { SampleSource } from "../data/samples.js";
import type { ExemplarMemory } from "../incremental/exemplar-memory.js";
import { discriminantAnalysis } from "./discriminant-analysis.js";
import type { Head } from "./head.js";
import { type Inference, readableRows } from "./inference.js";
import type { LearnerState } from "./learner.js";
import { type Model, wholeModel } from "./model.js";

/**
 * A head by {@link discriminantAnalysis} of the exemplars' features, as the base model sees them: it compares classes of
 * different tasks, whose logits training never compares.
 *
 * @returns undefined where there is no exemplar that can be read
 */
export async function fitHead(
  model: Model,
  memory: ExemplarMemory,
  { inference, source }: { inference: Inference; source: SampleSource },
): Promise<Head | undefined> {
  const rows = await inference.features(wholeModel(model), source, memory.classes.flat());
  const labels = memory.classes
    .flatMap((indices, position) => indices.map(() => position))
    .filter((_, row) => !rows.unreadable.includes(row));
  if (labels.length === 0) return undefined;
  const features = readableRows(rows);
  const classes = memory.classes.length;
  const { columns: size } = rows;
  const { classifier, bias } = discriminantAnalysis({ features, size, labels, classes });
  return { classifier, bias, taskEvidence: "probability" };
}

const [CLASSIFIER, BIAS] = ["head.classifier", "head.bias"];

/** A fitted head as it is stored. */
export function stateOfHead(head: Head): LearnerState {
  const { classifier, bias } = head;
  const size = classifier.length / bias.length;
  return new Map([
    [CLASSIFIER, { data: classifier, shape: [bias.length, size] }],
    [BIAS, { data: bias, shape: [bias.length] }],
  ]);
}

/** The fitted head that was stored; undefined where there is none for as many classes. */
export function headOfState(state: LearnerState, classes: number): Head | undefined {
  const [classifier, bias] = [state.get(CLASSIFIER)?.data, state.get(BIAS)?.data];
  if (bias?.length !== classes || !classifier) return undefined;
  return { classifier, bias, taskEvidence: "probability" };
}

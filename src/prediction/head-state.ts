import { type LearnerState, type Model, type StateShapes, stateValues } from "../model/model.js";
import type { Head } from "./head.js";
import type { TaskEvidence } from "./task-prediction.js";

const [CLASSIFIER, BIAS, OF_ROOTS] = ["head.classifier", "head.bias", "head.ofRoots"] as const;
const [THETA, STATISTICS] = ["head.theta", "head.statistics"] as const;

/** A learner's state with a fitted head, in the place of one that was there. Without one: as trained. */
export function stateOfHead(state: LearnerState, head: Head | undefined): LearnerState {
  const others = stateWithoutHead(state);
  if (!head) return others;
  const { backbone, classifier, bias, ofRoots } = head;
  const size = classifier.length / bias.length;
  const vector = (data: Float32Array) => ({ data, shape: [data.length] });
  return new Map([
    ...others,
    [CLASSIFIER, { data: classifier, shape: [bias.length, size] }],
    [BIAS, vector(bias)],
    ...(ofRoots ? [[OF_ROOTS, vector(Float32Array.of(1))] as const] : []),
    ...(backbone
      ? [
          [THETA, vector(backbone.theta)] as const,
          [STATISTICS, vector(backbone.statistics)] as const,
        ]
      : []),
  ]);
}

/** What {@link stateOfHead} adds, where it does. */
export function headShapes(
  { theta, statistics }: Model,
  classes: number,
  size: number,
): StateShapes {
  return {
    [CLASSIFIER]: [classes, size],
    [BIAS]: [classes],
    [OF_ROOTS]: [1],
    [THETA]: [theta.length],
    [STATISTICS]: [statistics.length],
  };
}

/** What else a learner's state holds. */
export function stateWithoutHead(state: LearnerState): LearnerState {
  return new Map([...state].filter(([name]) => !name.startsWith("head.")));
}

/** The fitted head that was stored; undefined where there is none for such a model and as many classes. */
export function headOfState(
  state: LearnerState,
  model: Model,
  classes: number,
  taskEvidence: TaskEvidence,
): Head | undefined {
  const [classifier, bias, theta, statistics] = [CLASSIFIER, BIAS, THETA, STATISTICS].map((name) =>
    stateValues(state, name),
  );
  if (bias?.length !== classes || !classifier) return undefined;
  const backbone = theta && statistics && { theta, statistics };
  if (backbone && backbone.theta.length !== model.theta.length) return undefined;
  const ofRoots = state.has(OF_ROOTS) && { ofRoots: true };
  return { backbone, classifier, bias, ...ofRoots, taskEvidence };
}

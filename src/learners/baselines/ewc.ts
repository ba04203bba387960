import {
  elasticCrossEntropy,
  elasticInputs,
  type Parameters,
} from "../../losses/elastic-penalty.js";
import { type LearnerState, wholeModel } from "../../model/model.js";
import { importancesOf } from "./importances.js";
import type { Method, Session } from "./method.js";

const [THETA, CLASSIFIER] = ["importance.theta", "importance.classifier"];

/**
 * Elastic weight consolidation (Kirkpatrick et al. 2017) in its online form (Schwarz et al. 2018, without decay):
 * parameters are held to what they were before the task, each by the sum of its importances in the tasks before.
 *
 * @param lambda strength of the penalty
 */
export function ewc(lambda: number): Method {
  return {
    name: "ewc",
    trainsOn: "new",
    keeps: "nothing",
    startsFrom: "before",
    loss: elasticCrossEntropy(lambda),
    complete(session) {
      const { featureSize } = session.context.extractor;
      const { theta, classifier } = wholeModel(session.model);
      const anchors = padded(wholeModel(session.before), { theta, classifier });
      const importances = padded(knownImportances(session), { theta, classifier });
      const lossInputs = elasticInputs(importances, anchors, featureSize);
      return (batch) => ({ ...batch, lossInputs });
    },
    async finish(session): Promise<LearnerState> {
      const { featureSize } = session.context.extractor;
      const own = await importancesOf(session);
      const known = padded(knownImportances(session), own);
      const theta = sumOf(known.theta, own.theta);
      const classifier = sumOf(known.classifier, own.classifier);
      return new Map([
        [THETA, { data: theta, shape: [theta.length] }],
        [CLASSIFIER, { data: classifier, shape: [classifier.length / featureSize, featureSize] }],
      ]);
    },
  };
}

/** The sum over the tasks before, of the parameters that they had. */
function knownImportances({ state }: Session): Parameters {
  const data = (name: string) => state.get(name)?.data ?? new Float32Array(0);
  return { theta: data(THETA), classifier: data(CLASSIFIER) };
}

/** With zeros for the parameters that are new. */
function padded(known: Parameters, { theta, classifier }: Parameters): Parameters {
  const pad = (values: Float32Array, { length }: Float32Array) => {
    const wide = new Float32Array(length);
    wide.set(values);
    return wide;
  };
  return { theta: pad(known.theta, theta), classifier: pad(known.classifier, classifier) };
}

function sumOf(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, j) => value + (b[j] as number));
}

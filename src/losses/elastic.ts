import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import type { Tensor } from "../graph/graph.js";
import { add, multiply, splitVector, subtract, sum } from "../graph/operators/index.js";
import { elementCount } from "../graph/shape.js";
import {
  type LearnerState,
  type Model,
  type Parameters,
  type StateShapes,
  stateValues,
  wholeModel,
} from "../model/model.js";
import type { TaskSession } from "../model/session.js";
import type { Value } from "../runtime/runtime.js";
import { crossEntropy } from "./cross-entropy.js";
import { importancesOf } from "./importances.js";
import type { Loss } from "./loss.js";

const [THETA, CLASSIFIER] = ["importance.theta", "importance.classifier"] as const;

/**
 * Cross-entropy + λ/2·Σ_j F_j·(θ_j − θ*_j)² over all parameters (Kirkpatrick et al. 2017, equation 3), in its online form
 * (Schwarz et al. 2018, without decay): parameters are held to what they were before the task, each by the sum of its
 * importances in the tasks before.
 *
 * @param lambda λ, strength of the penalty
 */
export function elastic({ lambda }: { lambda: number }): Loss {
  return {
    build(tensors) {
      const { parameters, classifier, input } = tensors;
      const { graph } = classifier;
      const shapes = parameters.map(({ shape }) => shape as readonly number[]);
      const size = shapes.reduce((total, shape) => total + elementCount(shape), 0);
      const declare = (name: string) => [
        ...splitVector(input(`${name}.theta`, [size]), shapes),
        input(`${name}.classifier`, classifier.shape),
      ];
      const [importances, anchors] = [declare("importance"), declare("anchor")];
      const penalties = [...parameters, classifier].map((parameter, i) => {
        const moved = subtract(parameter, anchors[i] as Tensor);
        return sum(multiply(multiply(moved, moved), importances[i] as Tensor));
      });
      const penalty = multiply(penalties.reduce(add), graph.scalar(lambda / 2));
      return add(crossEntropy.build(tensors), penalty);
    },
    async complete(session) {
      const { featureSize } = session.context.extractor;
      const { theta, classifier } = wholeModel(session.model);
      const anchors = padded(wholeModel(session.before), { theta, classifier });
      const importances = padded(knownImportances(session), { theta, classifier });
      const lossInputs = elasticInputs(importances, anchors, featureSize);
      return () => lossInputs;
    },
    async remember(session): Promise<LearnerState> {
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
    copies: 3,
  };
}

/**
 * @param importances F
 * @param anchors θ*
 */
export function elasticInputs(
  importances: Parameters,
  anchors: Parameters,
  featureSize: number,
): Record<string, Value> {
  const values = (name: string, { theta, classifier }: Parameters) => ({
    [`${name}.theta`]: { data: theta, shape: [theta.length] },
    [`${name}.classifier`]: {
      data: classifier,
      shape: [classifier.length / featureSize, featureSize],
    },
  });
  return { ...values("importance", importances), ...values("anchor", anchors) };
}

/** What it keeps of the tasks before. */
export function importanceShapes({ theta }: Model, classes: number, size: number): StateShapes {
  return { [THETA]: [theta.length], [CLASSIFIER]: [classes, size] };
}

/** The sum over the tasks before, of the parameters that they had. */
function knownImportances({ state }: TaskSession): Parameters {
  const data = (name: string) => stateValues(state, name) ?? new Float32Array(0);
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

/** `loss: elastic`. */
export const elasticPart = part({
  name: "elastic",
  title: "cross-entropy with an elastic penalty",
  source: "Kirkpatrick et al. 2017, equation 3",
  settings: {
    lambda: z
      .number()
      .min(0)
      .default(100)
      .describe(
        "λ, strength of the penalty. Where λ·F·learningRate of a parameter is above 2, steps of gradient descent diverge: a stronger penalty needs a smaller learning rate, or gradientNorm.",
      ),
  },
  create: elastic,
});

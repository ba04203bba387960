import { part } from "../base/part.js";
import { add, mean, multiply, softmaxCrossEntropyWithLogits } from "../graph/operators/index.js";
import { crossEntropy } from "./cross-entropy.js";
import type { Loss, LossInputs } from "./loss.js";
import { teacherOf } from "./teacher.js";

/** By which logits are divided before the softmax. */
const TEMPERATURE = 2;
/** Added to a logit, it leaves nothing of its probability. */
const NOTHING = -1e9;

/**
 * (1 − λ)·cross-entropy over all classes + λ·cross-entropy between the softened probabilities of the model before the task
 * and those of the model over the old classes, λ the share of old classes, of which no more is learned (Hinton et al. 2015, with the weights of Zhao
 * et al. 2020).
 */
export const softmaxDistillation: Loss = {
  build(tensors) {
    const { logits, targets, input } = tensors;
    const { graph } = logits;
    const probabilities = input("teacher", targets.shape);
    const mask = input("mask", ["rows"]);
    const [own, taught] = ["own", "taught"].map((name) => input(name, []));
    const softened = add(multiply(logits, graph.scalar(1 / TEMPERATURE)), mask);
    const distillation = mean(softmaxCrossEntropyWithLogits(softened, probabilities));
    return add(
      multiply(crossEntropy.build(tensors), own as typeof mask),
      multiply(distillation, taught as typeof mask),
    );
  },
  async complete(session) {
    const { oldClasses: old, newClasses, more } = session;
    const rows = old + newClasses.length;
    const teach = await teacherOf(session, softened);
    const lambda = (old - more.size) / rows;
    return (batch) => distillationInputs(teach(batch), { old, rows, lambda });
  },
};

/** `loss: softmax-distillation`. */
export const softmaxDistillationPart = part({
  name: "softmax-distillation",
  title: "cross-entropy with distillation",
  source: "Zhao et al. 2020",
  settings: {},
  create: () => softmaxDistillation,
});

/**
 * @param probabilities of the teacher, {@link softened}, [samples, rows]; 0 for new classes
 * @param old classes, the first of all; 0: there is no teacher
 * @param rows classes in all
 * @param lambda λ
 */
export function distillationInputs(
  probabilities: Float32Array,
  { old, rows, lambda }: { old: number; rows: number; lambda: number },
): LossInputs {
  const scalar = (value: number) => ({ data: Float32Array.of(value), shape: [] });
  return {
    teacher: { data: probabilities, shape: [probabilities.length / rows, rows] },
    mask: { data: new Float32Array(rows).fill(NOTHING, old), shape: [rows] },
    own: scalar(1 - lambda),
    taught: scalar(lambda),
  };
}

/** softmax(logits / temperature) */
export function softened(logits: Float32Array): Float32Array {
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp((logit - largest) / TEMPERATURE));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}

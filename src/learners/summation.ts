import { chunks } from "../base/chunks.js";
import { ItamlError } from "../base/errors.js";
import type { ExemplarMemory } from "../incremental/exemplar-memory.js";
import type { LearnerContext } from "../model/context.js";
import { readableRows } from "../model/inference.js";
import { allFinite, type LearnerState, type Model, wholeModel } from "../model/model.js";
import { type LearnHooks, throwIfAborted } from "../model/progress.js";
import {
  hasSums,
  type JudgingSample,
  minusClass,
  momentsOfSums,
  plusSamples,
  sumsOf,
  withSums,
} from "../prediction/feature-sums.js";
import { type Head, notComputable } from "../prediction/head.js";
import { calibratedClassifier, judge, type LinearRule } from "../prediction/linear-rule.js";

/** So many samples judge, evenly taken. */
const JUDGES = 250;

/** Samples whose features are there at once, at most. */
const AT_ONCE = 2048;

/**
 * Adds samples to a learner's sums. They judge the temperature, left out one by one; then their features are gone.
 *
 * @param samples indices for each class, by its position among all classes
 * @throws {ItamlError} INTERRUPTED, LOSS_NOT_FINITE, IMAGE_INVALID where not one can be read
 */
export async function withSamples(
  state: LearnerState,
  samples: ReadonlyMap<number, readonly number[]>,
  rule: LinearRule,
  model: Model,
  { inference, source, extractor }: LearnerContext,
  hooks: LearnHooks,
): Promise<LearnerState> {
  const task = model.classifiers.length - 1;
  const { featureSize: size } = extractor;
  const whole = wholeModel(model);
  const of = [...samples.values()].reduce((sum, { length }) => sum + length, 0);
  const stride = Math.ceil(of / JUDGES);
  const judges: JudgingSample[] = [];
  let sums = sumsOf(state, size);
  let [seen, readable] = [0, 0];
  for (const [position, indices] of samples) {
    for (const part of chunks(indices, AT_ONCE)) {
      throwIfAborted(hooks.signal);
      const features = readableRows(await inference.features(whole, source, part));
      // One such sample would be in the sums for ever, and nothing beside it.
      if (!allFinite(features.map((value) => value ** 2))) {
        throw notComputable(
          "features whose squares are not finite",
          `class ${position + 1}, task ${task + 1}`,
        );
      }
      sums = plusSamples(sums, position, features);
      for (let i = 0; i < features.length / size; i++) {
        if (readable++ % stride === 0) {
          judges.push({ position, features: features.slice(i * size, (i + 1) * size) });
        }
      }
      seen += part.length;
      const unreadable = seen - readable;
      hooks.onProgress?.({
        ...{ kind: "samples", task, samples: seen, of },
        ...(unreadable > 0 && { unreadable }),
      });
    }
  }
  if (judges.length === 0) {
    throw new ItamlError("IMAGE_INVALID", "not one of the pictures can be read", {
      where: `task ${task + 1}`,
      found: `${of} broken ones`,
    });
  }
  throwIfAborted(hooks.signal);
  const moments = momentsOfSums(sums, judges);
  const judged = judge(rule, moments);
  const losses = sums.losses.map((loss, i) => loss + (judged[i] as number));
  if (!allFinite(losses)) {
    throw notComputable("losses that are not finite", `task ${task + 1}`);
  }
  return withSums(state, { ...sums, losses });
}

/** What the heads of sums have in common. */
export const OF_SUMS = { taskEvidence: "probability" } as const;

/** The head that a rule makes of the sums in a learner's state: no sample is needed. */
export function headOfSums(rule: LinearRule, state: LearnerState, size: number): Head {
  const sums = sumsOf(state, size);
  return { ...calibratedClassifier(rule, momentsOfSums(sums), sums.losses), ...OF_SUMS };
}

/** A learner's state whose sums are without these classes. */
export function withoutClasses(
  state: LearnerState,
  positions: readonly number[],
  size: number,
): LearnerState {
  // From the last on, so that those before keep their positions.
  const sums = [...positions].sort((a, b) => b - a).reduce(minusClass, sumsOf(state, size));
  return withSums(state, sums);
}

/** @throws {ItamlError} FILE_INVALID where classes that were learned would be forgotten without a word */
export function refuseWithoutSums({
  state,
  memory,
}: {
  readonly state: LearnerState;
  readonly memory: ExemplarMemory;
}): void {
  const classes = memory.classes.length;
  if (hasSums(state, classes)) return;
  throw new ItamlError("FILE_INVALID", "there are no sums of what was learned", {
    where: "learner.safetensors",
    expected: `those of ${classes} classes, which a learner that sums goes on from`,
    found: [...state.keys()].join(", ") || "a state without any",
    remedy:
      "Where another learner learned them, learn all of them again, a run from its first task on. Otherwise bring the file that was saved with the others",
  });
}

/** Features that sums are of at most: beyond, λ takes minutes to find. */
const MOST_FEATURES = 4096;

/** @throws {ItamlError} CONFIG_INVALID where sums would take a time and a memory that nobody has */
export function refuseLarge(features: number): void {
  if (features <= MOST_FEATURES) return;
  throw new ItamlError("CONFIG_INVALID", "too many features to be summed", {
    where: "network",
    expected: `at most ${MOST_FEATURES}`,
    found: String(features),
    remedy: "Use a network that makes fewer, or smaller pictures",
  });
}

import { ItamlError } from "../base/errors.js";
import { orRelease } from "../base/or-release.js";
import { Turns } from "../base/turns.js";
import { Learner } from "../learners/learner.js";
import type { LearnerContext } from "../model/context.js";
import { Inference } from "../model/inference.js";
import { copyModel } from "../model/model.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import { augmentedSource } from "../samples/augmented-source.js";
import type { SampleSource } from "../samples/samples.js";
import type { ClassifierOptions } from "./classifier-options.js";
import { chosenLearner } from "./learner.js";
import { SamplePool } from "./sample-pool.js";
import type { Knowledge } from "./saved-classifier.js";

/** A learner with all that it stands on. */
export interface Taught {
  readonly tasks: Knowledge["tasks"];
  readonly history: Knowledge["history"];
  readonly learner: Learner;
  readonly inference: Inference;
  readonly pool: SamplePool;
}

/** @param known what it begins with. Default: nothing */
export async function createTaught(
  extractor: FeatureExtractor,
  options: ClassifierOptions,
  known?: Knowledge,
): Promise<Taught> {
  const { runtime, seed = 1, plannedTasks } = options;
  const { method, training } = chosenLearner(options, "IncrementalClassifier");
  const pool = new SamplePool(extractor.input, known?.exemplars);
  const source = augmented(pool, extractor, options);
  const inference = await Inference.compile(runtime, extractor);
  return orRelease(inference, () => {
    const context: LearnerContext = { runtime, extractor, inference, source, seed, plannedTasks };
    const learner = new Learner(method, context, training, known?.learner);
    const { tasks = [], history = [] } = known ?? {};
    return { tasks, history, learner, inference, pool };
  });
}

export async function releaseTaught({ learner, inference }: Taught): Promise<void> {
  await learner.release();
  await inference.release();
}

function augmented(
  pool: SamplePool,
  { input: { shape, type } }: FeatureExtractor,
  { augmentation, seed = 1 }: ClassifierOptions,
): SampleSource {
  if (!augmentation) return pool;
  const [, height, width] = shape;
  if (shape.length !== 3 || height !== width || type !== "uint8") {
    throw new ItamlError("INPUT_INVALID", "only square images of pixels can be augmented", {
      where: "augmentation",
      expected: "inputShape [channels, size, size] and inputType uint8",
      found: `[${shape.join(", ")}] and ${type}`,
    });
  }
  return augmentedSource(pool, width as number, augmentation, seed);
}

/**
 * A whole state of a classifier, between two changes, as everything that reads sees it. Reads are done one after another:
 * the runs of a program may not overlap.
 */
export class State {
  readonly knowledge: Knowledge;
  readonly #make: () => Promise<Taught>;
  readonly #reads = new Turns();
  #taught: Promise<Taught> | undefined;

  private constructor(knowledge: Knowledge, make: () => Promise<Taught>) {
    this.knowledge = knowledge;
    this.#make = make;
  }

  /** The state of a learner that nothing changes for now. */
  static of(taught: Taught): State {
    const { tasks, history, learner, pool } = taught;
    const state = new State({ tasks, history, learner, exemplars: pool.data }, async () => taught);
    state.#taught = Promise.resolve(taught);
    return state;
  }

  /** The same, of its own memory, for the time in which this one's learner changes; a learner is made when it is asked for. */
  copy(extractor: FeatureExtractor, options: ClassifierOptions): State {
    const { learner, ...others } = this.knowledge;
    const { model, memory, state } = learner;
    const copy = { ...others, learner: { model: copyModel(model), memory: memory.copy(), state } };
    return new State(copy, () => createTaught(extractor, options, copy));
  }

  read<T>(work: (taught: Taught) => Promise<T>): Promise<T> {
    return this.#reads.next(async () => {
      this.#taught ??= this.#make();
      return work(await this.#taught);
    });
  }

  /** Waits until everything that is being read is read. */
  finished(): Promise<void> {
    return this.#reads.done();
  }

  /** Waits likewise, and frees the learner, where one was made. */
  async release(): Promise<void> {
    await this.finished();
    const taught = await this.#taught?.catch(() => undefined);
    if (taught) await releaseTaught(taught);
  }
}

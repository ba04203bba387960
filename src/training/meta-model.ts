import { orRelease } from "../base/or-release.js";
import type { Model } from "../model/model.js";
import {
  allocateModel,
  byTurns,
  fillBase,
  freeModel,
  type ResidentBase,
  type ResidentModel,
  readBase,
} from "../model/resident-model.js";
import type { Handle, Memory, Placement } from "../runtime/runtime.js";
import type { TrainingStep } from "./training-step.js";
import { type SummedVectors, WeightedSum } from "./weighted-sum.js";

/** Φ, and for each task i Φ_i, in a device's memory for the session of one task. */
export class MetaModel {
  /** θ and each θ_i. */
  readonly theta: SummedVectors;
  /** Likewise. */
  readonly statistics: SummedVectors;
  /** For each task φ_i and its value after the inner loop. */
  readonly classifiers: readonly SummedVectors[];
  /** Where Φ_i comes to stand. */
  readonly own: readonly ResidentModel[];
  readonly #model: Model;
  readonly #memory: Memory;
  readonly #weightedSum: WeightedSum;
  /** Where it stands on the way, of inner loops of several steps. */
  readonly #scratch = new Map<number, ResidentModel>();
  readonly #placement: Placement;

  private constructor(
    model: Model,
    step: TrainingStep,
    weightedSum: WeightedSum,
    placement: Placement,
  ) {
    const { theta, statistics, classifiers } = model;
    const { featureSize } = step.extractor;
    const tasks = classifiers.length;
    this.#model = model;
    this.#memory = step.runtime.memory;
    this.#weightedSum = weightedSum;
    this.#placement = placement;
    this.theta = weightedSum.vectors(tasks, [theta.length], placement);
    this.statistics = weightedSum.vectors(tasks, [statistics.length]);
    this.classifiers = classifiers.map(({ length }) =>
      weightedSum.vectors(1, [length / featureSize, featureSize]),
    );
    this.own = classifiers.map((_, task) => ({
      theta: this.theta.others[task] as Handle,
      statistics: this.statistics.others[task] as Handle,
      classifier: this.classifiers[task]?.others[0] as Handle,
    }));
  }

  /** @param placement of what inner loops read and write */
  static async start(model: Model, step: TrainingStep, placement: Placement): Promise<MetaModel> {
    const weightedSum = await WeightedSum.compile(step.runtime);
    return orRelease(weightedSum, async () => {
      const resident = new MetaModel(model, step, weightedSum, placement);
      await fillBase(resident.#memory, resident.#base, model);
      return resident;
    });
  }

  /** {θ, φ_i} */
  base(task: number): ResidentModel {
    const { classifiers, ...rest } = this.#base;
    return { ...rest, classifier: classifiers[task] as Handle };
  }

  /** Where the steps of an inner loop write, the last one to Φ_i. */
  places(task: number, steps: number): ResidentModel[] {
    const own = this.own[task] as ResidentModel;
    return byTurns(steps, own, () => this.#scratchFor(task, own));
  }

  /** Writes Φ into the model. */
  read(): Promise<void> {
    return readBase(this.#memory, this.#base, this.#model);
  }

  async release(): Promise<void> {
    for (const vectors of [this.theta, this.statistics, ...this.classifiers]) vectors.free();
    for (const scratch of this.#scratch.values()) freeModel(this.#memory, scratch);
    await this.#weightedSum.release();
  }

  #scratchFor(task: number, own: ResidentModel): ResidentModel {
    const known = this.#scratch.get(task);
    if (known) return known;
    const scratch = allocateModel(this.#memory, own, this.#placement);
    this.#scratch.set(task, scratch);
    return scratch;
  }

  get #base(): ResidentBase {
    return {
      theta: this.theta.base,
      statistics: this.statistics.base,
      classifiers: this.classifiers.map(({ base }) => base),
    };
  }
}

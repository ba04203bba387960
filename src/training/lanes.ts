import type { TaskBatch } from "../model/micro-batch.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import type { Placement, Runtime } from "../runtime/runtime.js";

/** How a run has the machine: on all threads, or in one, beside other runs. */
export type RunKind = "alone" | "overlapping";

/** Works on the micro-batches of a mini-batch, side by side where that is worth it. */
export class Lanes {
  /** Of what the work reads and writes. */
  readonly placement: Placement;
  readonly #rule: { lanes: number; smallest: number };

  /** @param tasks micro-batches that a mini-batch has at most */
  constructor(extractor: FeatureExtractor, runtime: Runtime, tasks: number) {
    this.#rule = lanesFor(extractor, tasks > 1 ? runtime.lanes : 1);
    this.placement = { overlapping: this.#rule.lanes > 1 };
  }

  /** What the work gives for each micro-batch, in their order. An error is thrown when all have ended. */
  async run<Result>(
    batches: readonly TaskBatch[],
    work: (batch: TaskBatch, kind: RunKind) => Promise<Result>,
  ): Promise<Result[]> {
    const { alone, overlapping } = shareLanes(batches, this.#rule);
    const results = new Map<TaskBatch, Result>();
    for (const batch of alone) results.set(batch, await work(batch, "alone"));
    const ends = await Promise.allSettled(
      overlapping.map(async (batch) => {
        results.set(batch, await work(batch, "overlapping"));
      }),
    );
    // Not before: what fails late would still write to memory that is used again.
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    return batches.map((batch) => results.get(batch) as Result);
  }
}

/** How the micro-batches of a mini-batch share the machine. */
export interface SharedLanes {
  /** One after another, each on all threads. */
  readonly alone: readonly TaskBatch[];
  /** Side by side afterwards, each in one thread. */
  readonly overlapping: readonly TaskBatch[];
}

/**
 * A micro-batch is worth one lane while the others' work fills the other lanes; one that is larger would keep them
 * waiting. Largest first. Depends on nothing but the sizes and the number of lanes, so that the same ones always give
 * the same numbers.
 *
 * @param smallest samples below which a lane costs more than it gains
 */
export function shareLanes(
  batches: readonly TaskBatch[],
  { lanes, smallest }: { lanes: number; smallest: number },
): SharedLanes {
  const bySize = [...batches].sort((a, b) => b.samples - a.samples);
  const small = bySize.filter(({ samples }) => samples < smallest);
  const large = bySize.slice(0, bySize.length - small.length);
  let remaining = large.reduce((sum, { samples }) => sum + samples, 0);
  let alone = 0;
  for (const { samples } of large) {
    if (lanes > 1 && samples * lanes <= remaining) break;
    remaining -= samples;
    alone++;
  }
  return { alone: [...large.slice(0, alone), ...small], overlapping: large.slice(alone) };
}

/** Multiplications for each parameter at which they take ten times as long as to bring it to a lane and back. */
const WORTH_A_LANE = 256;

/** No mini-batch is larger. */
const LARGEST_MINI_BATCH = 512;

/** The lanes that a network's training steps are worth, and the number of samples from which they are. */
export function lanesFor(
  { multiplications, parameters }: FeatureExtractor,
  lanes: number,
): { lanes: number; smallest: number } {
  const smallest = Math.ceil((WORTH_A_LANE * parameters.size) / Math.max(multiplications, 1));
  return { lanes: smallest * lanes <= LARGEST_MINI_BATCH ? lanes : 1, smallest };
}

import { ItamlError } from "../base/errors.js";
import { seededRandom } from "../base/random.js";

/** How exemplars are chosen: the paper takes the `first` of the data; `herding` is iCaRL's. */
export const EXEMPLAR_SELECTIONS = ["first", "random", "herding"] as const;

export type ExemplarSelection = (typeof EXEMPLAR_SELECTIONS)[number];

/**
 * Exemplars of the classes seen, as indices into a sample source: a fixed total number, shared equally.
 * After every task each class has floor(capacity / classes seen), old classes cut and new ones filled.
 */
export class ExemplarMemory {
  /** Samples in all. */
  readonly capacity: number;
  /** Indices for each class, in the order of learning; the most important first, so that a cut keeps the best. */
  readonly classes: number[][] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  copy(): ExemplarMemory {
    const memory = new ExemplarMemory(this.capacity);
    memory.overwrite(this);
    return memory;
  }

  /** Takes the exemplars of another memory in place of its own. */
  overwrite({ classes }: ExemplarMemory): void {
    this.classes.splice(0, this.classes.length, ...classes.map((indices) => [...indices]));
  }

  /**
   * Makes room and takes in new classes.
   *
   * @param select chooses `count` samples (or all, where there are fewer) of a new class, the most important
   *   first; `newClass` counts from 0
   * @throws {ItamlError} MEMORY_TOO_SMALL where a class would get no sample
   */
  async add(
    newClasses: number,
    select: (newClass: number, count: number) => readonly number[] | Promise<readonly number[]>,
  ): Promise<void> {
    const perClass = exemplarsPerClass(this.capacity, this.classes.length + newClasses);
    for (const indices of this.classes) indices.length = Math.min(indices.length, perClass);
    for (let newClass = 0; newClass < newClasses; newClass++) {
      this.classes.push([...(await select(newClass, perClass))]);
    }
  }

  /** Forgets classes, by their positions; the room that they had is for those that come. */
  remove(positions: readonly number[]): void {
    const kept = this.classes.filter((_, position) => !positions.includes(position));
    this.classes.splice(0, this.classes.length, ...kept);
  }

  /** Replaces every index, when the source has been rearranged. */
  renumber(map: (index: number) => number): void {
    for (const indices of this.classes) {
      for (let i = 0; i < indices.length; i++) indices[i] = map(indices[i] as number);
    }
  }
}

/**
 * floor(capacity / classes).
 *
 * @throws {ItamlError} MEMORY_TOO_SMALL where that is 0 and the capacity is not
 */
export function exemplarsPerClass(capacity: number, classes: number): number {
  if (capacity !== 0 && capacity < classes) {
    throw new ItamlError("MEMORY_TOO_SMALL", "the exemplar memory has no room for every class", {
      where: "memory",
      expected: `at least ${classes}, one sample for each class`,
      found: String(capacity),
    });
  }
  return Math.floor(capacity / classes);
}

/** A seeded choice of `count` of the candidates, without repetition. */
export function selectRandom(
  candidates: readonly number[],
  count: number,
  ...keys: readonly (string | number)[]
): number[] {
  return seededRandom(...keys)
    .shuffle([...candidates])
    .slice(0, count);
}

/**
 * Herding (Rebuffi et al. 2017, iCaRL, Algorithm 4): step by step the sample that brings the mean of the chosen
 * nearest to the mean of all, in L2-normalised feature space; each sample once.
 *
 * @param features [candidates, featureSize]
 * @returns positions among the candidates, in the order of choice
 */
export function herding(features: Float32Array, featureSize: number, count: number): number[] {
  const candidates = features.length / featureSize;
  const rows = Array.from({ length: candidates }, (_, i) =>
    normalized(features.subarray(i * featureSize, (i + 1) * featureSize)),
  );
  const mean = new Float64Array(featureSize);
  for (const row of rows) addTo(mean, row);
  for (let j = 0; j < featureSize; j++) mean[j] = (mean[j] as number) / candidates;

  const chosen: number[] = [];
  const remaining = new Set(rows.keys());
  const sum = new Float64Array(featureSize);
  const target = new Float64Array(featureSize);
  while (chosen.length < Math.min(count, candidates)) {
    // Rows have length 1, so the nearest mean (sum + row) / k is where row·(k·mean − sum) is largest.
    const k = chosen.length + 1;
    for (let j = 0; j < featureSize; j++) {
      target[j] = k * (mean[j] as number) - (sum[j] as number);
    }
    let best = -1;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const i of remaining) {
      const score = dot(rows[i] as Float32Array, target);
      if (score > bestScore) [best, bestScore] = [i, score];
    }
    remaining.delete(best);
    chosen.push(best);
    addTo(sum, rows[best] as Float32Array);
  }
  return chosen;
}

/** A vector of the same direction and of length 1; zeros stay zeros. */
export function normalized(row: Float32Array): Float32Array {
  const length = Math.sqrt(dot(row, row)) || 1;
  return row.map((value) => value / length);
}

function addTo(sum: Float64Array, row: Float32Array): void {
  for (let j = 0; j < row.length; j++) sum[j] = (sum[j] as number) + (row[j] as number);
}

function dot(a: Float32Array, b: Float32Array | Float64Array): number {
  let total = 0;
  for (let j = 0; j < a.length; j++) total += (a[j] as number) * (b[j] as number);
  return total;
}

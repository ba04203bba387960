import { chunks } from "../base/chunks.js";
import { seededRandom } from "../base/random.js";

/**
 * Cuts samples of one task into continua of p (paper, section 3.3): shuffled by the seed; the remainder is a
 * shorter group and counts.
 */
export function continua(
  samples: readonly number[],
  p: number,
  { seed, task }: { seed: number; task: number },
): number[][] {
  const shuffled = seededRandom(seed, "continua", task).shuffle([...samples]);
  return chunks(shuffled, p);
}

/** What {@link requiredContinuum} found. */
export interface ContinuumBound {
  /** The smallest number of samples. */
  samples: number;
  /** Probability that a sample votes for its own task. */
  vote: number;
  /** Probability that the task is predicted right with that many samples. */
  probability: number;
}

/**
 * How many samples a continuum needs for the right task with the given confidence (paper, section 3.4):
 * with accuracies a of the base model, p0 = mean a − (max a − min a)(1 − 1/e),
 * p̂ = p0 + (1 − p0)(U − 1)/(U·t − 1), the smallest n with P(Binomial(n, p̂) ≥ ⌊n/t⌋ + 1) ≥ confidence.
 *
 * @param singleAccuracies single-sample class accuracy of each task seen, 0..1
 * @param classesPerTask U
 * @param limit where the search ends
 * @returns undefined where no n up to the limit is enough
 */
export function requiredContinuum(
  singleAccuracies: readonly number[],
  classesPerTask: number,
  { confidence = 0.95, limit = 10_000 } = {},
): ContinuumBound | undefined {
  const tasks = singleAccuracies.length;
  if (tasks === 1) return { samples: 1, vote: 1, probability: 1 };
  const mean = singleAccuracies.reduce((sum, a) => sum + a, 0) / tasks;
  const spread = Math.max(...singleAccuracies) - Math.min(...singleAccuracies);
  const base = Math.max(0, mean - spread * (1 - 1 / Math.E));
  const vote = base + ((1 - base) * (classesPerTask - 1)) / (classesPerTask * tasks - 1);
  for (let samples = 1; samples <= limit; samples++) {
    const probability = binomialTail(samples, vote, Math.floor(samples / tasks) + 1);
    if (probability >= confidence) return { samples, vote, probability };
  }
  return undefined;
}

/** P(Binomial(n, p) ≥ k). */
function binomialTail(n: number, p: number, k: number): number {
  if (p >= 1) return k <= n ? 1 : 0;
  if (p <= 0) return k <= 0 ? 1 : 0;
  // Logarithms: (1 − p)^n underflows for large n.
  let logTerm = n * Math.log1p(-p);
  let below = 0;
  for (let i = 0; i < k; i++) {
    below += Math.exp(logTerm);
    logTerm += Math.log((n - i) / (i + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return Math.max(0, 1 - below);
}

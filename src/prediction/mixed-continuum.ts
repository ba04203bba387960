import type { Rows } from "../model/inference.js";
import { predictTask } from "./task-prediction.js";

/** How much the log-likelihood of a continuum must rise for one task more: odds of 55 to 1. */
const GAIN_FOR_A_TASK = 4;
const ITERATIONS = 50;

/**
 * The task of each sample of a continuum that may hold several: a mixture of few tasks. It begins with the task that all
 * samples together speak for, and takes in the task that raises the likelihood most, as long as that is much. The shares
 * of the tasks are fitted by expectation-maximisation (Dempster et al. 1977), and each sample goes to the task that is
 * most probable with these shares.
 *
 * @param evidence log p(task | sample) where all tasks are equally frequent
 * @param continuum rows of the samples
 */
export function splitContinuum(evidence: Rows, continuum: readonly number[]): number[] {
  const all = Array.from({ length: evidence.columns }, (_, task) => task);
  const samples = continuum.map((row) => relativeLikelihoods(evidence, row));
  let best = fitShares(samples, [predictTask(evidence, continuum)]);
  for (;;) {
    const larger = all
      .filter((task) => !best.tasks.includes(task))
      .map((task) => fitShares(samples, [...best.tasks, task]));
    const next = larger.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a), best);
    // So written that it ends where a likelihood is no number.
    if (!(next.logLikelihood - best.logLikelihood >= GAIN_FOR_A_TASK)) break;
    best = next;
  }
  const { tasks, shares } = best;
  return samples.map((likelihoods) => {
    const weights = tasks.map((task, i) => (shares[i] as number) * (likelihoods[task] as number));
    return tasks[weights.indexOf(Math.max(...weights))] as number;
  });
}

/** p(task | sample) of each task, the largest scaled to 1. */
function relativeLikelihoods({ data, columns }: Rows, row: number): number[] {
  const own = Array.from(data.subarray(row * columns, (row + 1) * columns));
  const largest = Math.max(...own);
  return own.map((value) => Math.exp(value - largest));
}

interface Mixture {
  readonly tasks: readonly number[];
  /** Of each of the tasks; their sum is 1. */
  readonly shares: readonly number[];
  /** Of the samples, up to what all mixtures have in common. */
  readonly logLikelihood: number;
}

function fitShares(samples: readonly (readonly number[])[], tasks: readonly number[]): Mixture {
  let shares = tasks.map(() => 1 / tasks.length);
  const weighted = (likelihoods: readonly number[]) =>
    tasks.map((task, i) => (shares[i] as number) * (likelihoods[task] as number));
  // A sample that is far from all of the tasks counts as improbable, not as impossible.
  const total = (weights: readonly number[]) => weights.reduce((a, b) => a + b, 1e-300);
  for (let iteration = 0; tasks.length > 1 && iteration < ITERATIONS; iteration++) {
    const sums = tasks.map(() => 0);
    for (const likelihoods of samples) {
      const weights = weighted(likelihoods);
      const sum = total(weights);
      for (const [i, weight] of weights.entries()) sums[i] = (sums[i] as number) + weight / sum;
    }
    shares = sums.map((sum) => sum / samples.length);
  }
  const logLikelihood = samples.reduce(
    (sum, likelihoods) => sum + Math.log(total(weighted(likelihoods))),
    0,
  );
  return { tasks, shares, logLikelihood };
}

/** Logits [samples, classes] that fits without these samples give, with the classes that are right. */
export interface Judged {
  readonly logits: Float64Array;
  readonly labels: readonly number[];
}

/** The factor of logits with the smallest loss up to a largest one. The loss is convex: it lies where the slope changes sign. */
export function calibratedScale(judged: Judged, classes: number, largest: number): number {
  let [low, high] = [Math.log(1e-6), Math.log(largest)];
  while (high - low > 1e-3) {
    const middle = (low + high) / 2;
    if (lossAt(Math.exp(middle), judged, classes).slope > 0) high = middle;
    else low = middle;
  }
  return Math.exp(high);
}

/**
 * Mean cross-entropy where logits are multiplied by a factor, and its slope by the factor. Of n samples the right class
 * counts as certain up to 1/(n + 2), shared by the others (Platt 1999): n right answers don't promise the next.
 *
 * @returns the mean, its slope, and the cross-entropy of each sample
 */
export function lossAt(
  scale: number,
  { logits, labels }: Judged,
  classes: number,
): { loss: number; slope: number; losses: Float64Array } {
  const doubt = classes > 1 ? 1 / (labels.length + 2) / (classes - 1) : 0;
  let slope = 0;
  const losses = new Float64Array(labels.length);
  labels.forEach((label, row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    const largest = own.reduce((a, b) => Math.max(a, b));
    let [sum, weighted, all] = [0, 0, 0];
    for (const logit of own) {
      const weight = Math.exp(scale * (logit - largest));
      sum += weight;
      weighted += weight * logit;
      all += logit;
    }
    const target = (1 - classes * doubt) * (own[label] as number) + doubt * all;
    losses[row] = Math.log(sum) + scale * (largest - target);
    slope += (weighted / sum - target) / labels.length;
  });
  const loss = losses.reduce((total, own) => total + own / labels.length, 0);
  return { loss, slope, losses };
}

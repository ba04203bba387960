import type { Judged } from "./calibration.js";
import { leftOneOut } from "./left-out.js";
import type { LinearRule } from "./linear-rule.js";
import { solveLower, solveUpper } from "./matrix.js";
import type { Moments } from "./moments.js";
import { bestRegularisation, regularisedFactor } from "./regularisation.js";

/**
 * Ridge regression of the classes' indicators, 1 for a sample's own class and 0 for others, with an intercept that isn't
 * regularised. Every class has the same weight, however many samples it has, where its mean counts; how samples differ from their
 * means is pooled over all samples.
 */
export const leastSquares: LinearRule = {
  fit(moments, lambda = bestRegularisation(moments)) {
    const { size, classes, centre, means } = moments;
    const factor = regularisedFactor(moments, lambda);
    const whiteMeans = solveLower(factor, size, means);
    const classifier = solveUpper(factor, size, whiteMeans).map((value) => value / classes);
    const bias = new Float64Array(classes);
    for (let k = 0; k < classes; k++) {
      let value = 1 / classes;
      for (let j = 0; j < size; j++) {
        value -= (classifier[k * size + j] as number) * (centre[j] as number);
      }
      bias[k] = value;
    }
    return { classifier, bias, judged: leftOut(moments, factor, whiteMeans) };
  },
};

/**
 * What fits that lack one sample each say about it. Without sample x of class c, one of n_c among n, whose mean is m,
 * x − m = r, the mean of the class is m − d·r with d = 1/(n_c − 1), the centre of the C classes moves by −d/C·r, and the
 * matrix changes by [m r]·K·[m r]ᵀ with K = [0, −d/C; −d/C, d²/C − d²/C² − (1 + d)/n], a change of rank two (Woodbury). n,
 * and λ, stay as they are.
 *
 * @param factor L of the regularised matrix L·Lᵀ
 * @param whiteMeans L⁻¹·means
 */
function leftOut(moments: Moments, factor: Float64Array, whiteMeans: Float64Array): Judged {
  const { size, classes, samples, counts, judges } = moments;
  const white = solveLower(factor, size, judges.residuals);
  return leftOneOut(
    moments,
    white,
    whiteMeans,
    whiteMeans,
    ({ own: c, square: rr, ...products }) => {
      const { residual, mean } = products;
      const d = 1 / ((counts[c] as number) - 1);
      const [mm, mr] = [mean(c, c), residual(c)];
      // M = (I + K·G)⁻¹·K with G = [mm, mr; mr, rr].
      const [k12, k22] = [-d / classes, (d ** 2 * (1 - 1 / classes)) / classes - (1 + d) / samples];
      const [a11, a12] = [1 + k12 * mr, k12 * rr];
      const [a21, a22] = [k12 * mm + k22 * mr, 1 + k12 * mr + k22 * rr];
      const determinant = Math.max(a11 * a22 - a12 * a21, Number.EPSILON);
      const m11 = (-a12 * k12) / determinant;
      const m12 = (a22 * k12 - a12 * k22) / determinant;
      const m22 = (a11 * k22 - a21 * k12) / determinant;
      // The sample from the moved centre is m + e·r.
      const e = 1 + d / classes;
      const [xm, xr] = [mm + e * mr, mr + e * rr];
      return (k) => {
        // The mean of class k from there is that of before + moved·r.
        const moved = d / classes - (k === c ? d : 0);
        const km = mean(k, c) + moved * mr;
        const kr = residual(k) + moved * rr;
        const before = km + e * kr;
        const lost = km * (m11 * xm + m12 * xr) + kr * (m12 * xm + m22 * xr);
        return (1 + before - lost) / classes;
      };
    },
  );
}

import { leastSquares } from "../../prediction/least-squares.js";
import { methodPart } from "../method.js";

/**
 * Regularised least squares of class sums and a Gram matrix. On features of the network `random-features` it is RanPAC.
 */
export const ridge = methodPart({
  name: "ridge",
  title: "ridge regression",
  source: "McDonnell et al. 2023, RanPAC, with network: random-features",
  settings: () => ({}),
  create: () => ({ rule: leastSquares }),
});

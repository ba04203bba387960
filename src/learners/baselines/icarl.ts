import { nearestMeanHead } from "../../prediction/nearest-mean.js";
import { lwf } from "./lwf.js";
import type { Method } from "./method.js";

/**
 * iCaRL (Rebuffi et al. 2017): trained on the new task and the exemplars of the old ones, with the sigmoids of the model
 * before as targets of old classes (Algorithm 3); classes are told apart by the nearest mean of exemplars
 * (Algorithm 1). Its exemplars are chosen by herding.
 */
export const icarl: Method = {
  ...lwf,
  name: "icarl",
  trainsOn: "new and memory",
  keeps: "exemplars",
  head: nearestMeanHead,
};

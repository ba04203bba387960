import type { Workload } from "../workload.js";
import { browser } from "./browser.js";
import { evaluation } from "./evaluation.js";
import { features } from "./features.js";
import { growth } from "./growth.js";
import { miniBatch } from "./mini-batch.js";
import { networks } from "./networks.js";
import { start } from "./start.js";
import { cifarAccuracy, mnistAccuracy, paperAccuracy } from "./time-to-accuracy.js";
import { weightGradient } from "./weight-gradient.js";

/** All benchmarks, in the order of the page. */
export const workloads: readonly Workload[] = [
  miniBatch,
  mnistAccuracy,
  paperAccuracy,
  cifarAccuracy,
  evaluation,
  features,
  networks,
  weightGradient,
  browser,
  start,
  growth,
];

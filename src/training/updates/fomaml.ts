import { part } from "../../base/part.js";
import * as z from "../../base/schema.js";
import { perTask } from "../../base/settings.js";
import { forTask } from "../../optim/schedule.js";
import { FirstOrderMaml } from "../first-order-maml.js";
import { byTask } from "./by-task.js";

/** `update: fomaml`. */
export const fomamlPart = part({
  name: "fomaml",
  title: "first-order MAML",
  source: "Finn et al. 2017; Nichol et al. 2018, section 2: all steps on the same samples",
  settings: {
    innerSteps: perTask(z.int().min(2))
      .default(2)
      .describe("Optimiser steps of an inner loop, of which the last one is the outer step."),
  },
  create: ({ innerSteps }) =>
    byTask(
      ({ model, task }, step) => FirstOrderMaml.start(model, step, forTask(innerSteps, task)),
      () => 6,
    ),
});

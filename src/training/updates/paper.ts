import { part } from "../../base/part.js";
import * as z from "../../base/schema.js";
import { forTask } from "../../optim/schedule.js";
import { MetaTraining } from "../meta-training.js";
import { byTask } from "./by-task.js";
import { betaSetting, etaOf, innerStepsSetting } from "./settings.js";

/** `update: paper`, Algorithm 1. */
export const paperPart = part({
  name: "paper",
  title: "the paper's",
  source: "Rajasegaran et al. 2020, Algorithm 1: a common base for the tasks of a mini-batch",
  settings: {
    beta: betaSetting,
    innerSteps: innerStepsSetting,
    classifier: z
      .enum(["own", "interpolate"])
      .default("own")
      .describe(
        "What becomes of φ_i after a mini-batch: its own value, or interpolated with the base as θ is.",
      ),
  },
  create: ({ beta, innerSteps, classifier }) =>
    byTask(
      (session, step) =>
        MetaTraining.start(session.model, step, {
          innerSteps: forTask(innerSteps, session.task),
          eta: etaOf(beta, session),
          classifier,
        }),
      (tasks) => 4 + tasks,
    ),
});

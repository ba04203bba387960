import { part } from "../../base/part.js";
import { forTask } from "../../optim/schedule.js";
import { reptile } from "../reptile.js";
import { byTask } from "./by-task.js";
import { innerStepsSetting } from "./settings.js";

/** `update: reptile`. */
export const reptilePart = part({
  name: "reptile",
  title: "Reptile",
  source:
    "Nichol et al. 2018, section 3: Φ moves by the mean of the tasks' displacements, without η",
  settings: { innerSteps: innerStepsSetting },
  create: ({ innerSteps }) =>
    byTask(
      ({ model, task }, step) => reptile(model, step, forTask(innerSteps, task)),
      (tasks) => 4 + tasks,
    ),
});

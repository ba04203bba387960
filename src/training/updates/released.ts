import { part } from "../../base/part.js";
import { forTask } from "../../optim/schedule.js";
import { ReleasedRule } from "../released-rule.js";
import { byTask } from "./by-task.js";
import { betaSetting, etaOf, innerStepsSetting } from "./settings.js";

/** `update: released`. */
export const releasedPart = part({
  name: "released",
  title: "the released program's",
  source: "the authors' program: the tasks of a mini-batch train one after another in one model",
  settings: { beta: betaSetting, innerSteps: innerStepsSetting },
  create: ({ beta, innerSteps }) =>
    byTask(
      (session, step) =>
        ReleasedRule.start(session.model, step, {
          innerSteps: forTask(innerSteps, session.task),
          eta: etaOf(beta, session),
        }),
      () => 6,
    ),
});

import { part } from "../../base/part.js";
import { positive } from "../../base/settings.js";
import { withinTask } from "../../losses/within-task.js";
import type { TaskSession } from "../../model/session.js";
import { forTask, type PerTask } from "../../optim/schedule.js";
import { sgd } from "../../optim/sgd.js";
import { OuterTraining } from "../outer-training.js";
import type { StepSettings, TaskTraining, Update } from "../update.js";
import { byTask } from "./by-task.js";
import { descent } from "./descent.js";
import { betaSetting, etaOf, innerStepsSetting } from "./settings.js";

interface OuterSettings {
  readonly beta: number;
  readonly innerSteps: PerTask<number>;
  readonly innerLearningRate: number;
}

/**
 * Algorithm 1 with the optimiser outside: see {@link OuterTraining}. Where the inner loop is a single step, what the mean
 * of the tasks has gone is the gradient of the mean of their losses, and one pass over the whole mini-batch gives it.
 */
export function outer({ beta, innerSteps, innerLearningRate }: OuterSettings): Update {
  const onePass = descent(withinTask({ balance: "task" }));
  return {
    async begin(session, settings) {
      const steps = forTask(innerSteps, session.task);
      const training =
        steps === 1
          ? await onePass.begin(session, settings)
          : await innerLoops(steps, innerLearningRate, settings).begin(session, {
              ...settings,
              optimizer: sgd({}),
              gradientNorm: undefined,
            });
      return slowed(training, etaOf(beta, session));
    },
    copies: (tasks) => 8 + tasks,
  };
}

/** Inner loops of several steps, one for each task of a mini-batch. */
export function innerLoops(
  innerSteps: number,
  innerLearningRate: number,
  { optimizer, gradientNorm }: StepSettings,
): Update {
  const options = { innerSteps, innerLearningRate, optimizer, gradientNorm };
  return byTask(
    ({ model }: TaskSession, step) => OuterTraining.start(model, step, options),
    (tasks) => 8 + tasks,
  );
}

/** The same with η times the learning rate. */
function slowed(training: TaskTraining, eta: number): TaskTraining {
  return {
    ...training,
    train: (data, learningRate) => training.train(data, eta * learningRate),
  };
}

/** `update: outer`. */
export const outerPart = part({
  name: "outer",
  title: "the paper's with an outer optimiser",
  source: "Reddi et al. 2021, with the tasks of Algorithm 1 as clients",
  settings: {
    beta: betaSetting,
    innerSteps: innerStepsSetting,
    innerLearningRate: positive
      .default(0.01)
      .describe(
        "α of inner loops of several steps, which are of plain gradient descent; `optimizer` makes the outer step. Of one step it cancels out.",
      ),
  },
  create: outer,
});

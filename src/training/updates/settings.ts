import * as z from "../../base/schema.js";
import { count, perTask } from "../../base/settings.js";
import type { TaskSession } from "../../model/session.js";
import { metaStepSize } from "../meta-training.js";

/** `beta` of the outer step. */
export const betaSetting = z
  .number()
  .min(0)
  .default(1)
  .describe("β of the outer step, which goes η = exp(−β·t/T) of the way.");

/** `innerSteps` of the inner loop. */
export const innerStepsSetting = perTask(count)
  .default(1)
  .describe("r, optimiser steps of an inner loop; one value, or one for each task.");

/** η of a session; of a stream without a known end every task is taken for the last. */
export function etaOf(beta: number, { task, context }: TaskSession): number {
  return metaStepSize(beta, task, context.plannedTasks ?? task + 1);
}

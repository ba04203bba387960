import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import { positive } from "../base/settings.js";
import type { Schedule } from "./schedule.js";

/** Multiplies the learning rate by `factor` at the start of each epoch (counted from 0) of `epochs`. */
export function milestones({
  epochs,
  factor,
}: {
  epochs: readonly number[];
  factor: number;
}): Schedule {
  return { factorAt: (epoch) => factor ** epochs.filter((milestone) => milestone <= epoch).length };
}

/** `schedule: milestones`. */
export const milestonesPart = part({
  name: "milestones",
  title: "milestones",
  source: "the paper's settings",
  settings: {
    epochs: z
      .array(z.int().min(0))
      .describe("Epochs, counted from 0, at whose start the learning rate is multiplied."),
    factor: positive.describe("What by."),
  },
  create: milestones,
});

import { part } from "../base/part.js";
import * as z from "../base/schema.js";
import type { Schedule } from "./schedule.js";

/**
 * The learning rate rises from 0 in a straight line, and falls along half a cosine to 0 (Loshchilov and Hutter 2017,
 * without restarts; the rise of Goyal et al. 2017).
 *
 * @param warmUp epochs of the rise
 */
export function cosine({ warmUp }: { warmUp: number }): Schedule {
  return {
    factorAt(epoch, epochs) {
      if (epoch < warmUp) return epoch / warmUp;
      return (1 + Math.cos((Math.PI * (epoch - warmUp)) / Math.max(epochs - warmUp, 1))) / 2;
    },
  };
}

/** `schedule: cosine`. */
export const cosinePart = part({
  name: "cosine",
  title: "warm-up and cosine",
  source: "Loshchilov and Hutter 2017; Goyal et al. 2017",
  settings: {
    warmUp: z
      .number()
      .min(0)
      .default(0)
      .describe("Epochs in which the learning rate rises from 0, parts of one among them."),
  },
  create: cosine,
});

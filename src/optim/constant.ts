import { part } from "../base/part.js";
import type { Schedule } from "./schedule.js";

/** The same learning rate in every epoch. */
export function constant(): Schedule {
  return { factorAt: () => 1 };
}

/** `schedule: constant`. */
export const constantPart = part({
  name: "constant",
  title: "constant",
  settings: {},
  create: constant,
});

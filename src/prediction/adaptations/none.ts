import { part } from "../../base/part.js";

/** `adaptation: none`: the head's rows of the task tell its classes apart. */
export const nonePart = part({
  name: "none",
  title: "none",
  settings: {},
  create: () => undefined,
});

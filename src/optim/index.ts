import { type AdamOptions, adam } from "./adam.js";
import type { Optimizer } from "./optimizer.js";
import { radam } from "./radam.js";
import { sgd } from "./sgd.js";

/** An optimiser by name, with its own settings. */
export type OptimizerSettings =
  | { name: "sgd"; momentum?: number | undefined; weightDecay?: number | undefined }
  | ({ name: "adam" } & AdamOptions)
  | ({ name: "radam" } & AdamOptions);

export function createOptimizer(settings: OptimizerSettings): Optimizer {
  switch (settings.name) {
    case "sgd":
      return sgd(settings);
    case "adam":
      return adam(settings);
    case "radam":
      return radam(settings);
  }
}

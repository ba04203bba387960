import { type Chosen, choiceSchema, createChosen } from "../../base/part.js";
import * as z from "../../base/schema.js";
import { EXEMPLAR_SELECTIONS, type ExemplarSelection } from "../../incremental/exemplar-memory.js";
import { withSum } from "../../losses/index.js";
import type { Loss } from "../../losses/loss.js";
import type { MemorySettings, MethodParts, TrainingMethod } from "../method.js";

/** `memory` and `exemplars` of methods that keep some. */
export function memorySettings(exemplars: ExemplarSelection, smallest: 0 | 1 = 0) {
  return {
    memory: z
      .int()
      .min(smallest)
      .default(2000)
      .describe("Exemplars in all, shared equally by the classes seen."),
    exemplars: z
      .enum(EXEMPLAR_SELECTIONS)
      .default(exemplars)
      .describe(
        "How they are chosen: `first` of the data (the paper's), `random`, or by `herding` (Rebuffi et al. 2017).",
      ),
  };
}

/** `head` and `adaptation` of methods that keep exemplars to make them from. */
export function predictionSettings(
  { heads, adaptations }: MethodParts,
  head: string,
  adaptation: string,
) {
  return {
    head: choiceSchema(heads, head).describe("What compares all classes seen."),
    adaptation: choiceSchema(adaptations, adaptation).describe(
      "How the model is adapted to a task before it tells the task's classes apart.",
    ),
  };
}

/** `loss` of methods that leave it open. */
export function lossSetting({ losses }: MethodParts) {
  const all = withSum(losses);
  return { loss: choiceSchema(all, "cross-entropy").describe("What training makes small.") };
}

/** What {@link lossSetting} says, for a method. */
export function lossOf({ loss }: { loss: Chosen }, { losses }: MethodParts): Loss {
  return createChosen(withSum(losses), loss);
}

/** What {@link memorySettings} says, for a method. */
export function memoryOf(settings: {
  memory: number;
  exemplars: ExemplarSelection;
}): MemorySettings {
  return { capacity: settings.memory, exemplars: settings.exemplars };
}

/** What {@link predictionSettings} says, for a method. */
export function predictionOf(
  settings: Record<"head" | "adaptation", Chosen>,
  { heads, adaptations }: MethodParts,
): Pick<TrainingMethod, "head" | "adaptation"> {
  return {
    head: createChosen(heads, settings.head),
    adaptation: createChosen(adaptations, settings.adaptation),
  };
}

/** The memory of a method that keeps every sample. */
export const WHOLE_MEMORY: MemorySettings = {
  capacity: Number.MAX_SAFE_INTEGER,
  exemplars: "first",
};

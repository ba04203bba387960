import { sigmoidDistillation } from "../../losses/sigmoid-distillation.js";
import { logits } from "../../prediction/heads/logits.js";
import { descent } from "../../training/updates/descent.js";
import { methodPart, NO_MEMORY } from "../method.js";

/** Learning without Forgetting in its class-incremental form: the loss of iCaRL on the new task alone. No memory. */
export const lwf = methodPart({
  name: "lwf",
  title: "LwF.MC",
  source: "Li, Hoiem 2016, as in Rebuffi et al. 2017, section 4",
  settings: () => ({}),
  create: () => ({
    trainsOn: "new",
    startsFrom: "before",
    memory: NO_MEMORY,
    update: descent(sigmoidDistillation),
    head: logits,
  }),
});

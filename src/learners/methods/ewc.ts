import { elastic, elasticPart } from "../../losses/elastic.js";
import { logits } from "../../prediction/heads/logits.js";
import { descent } from "../../training/updates/descent.js";
import { methodPart, NO_MEMORY } from "../method.js";

/** Elastic weight consolidation in its online form: trained on the new task, held to what mattered before. */
export const ewc = methodPart({
  name: "ewc",
  title: "EWC",
  source: "Kirkpatrick et al. 2017, Schwarz et al. 2018",
  settings: () => elasticPart.settings,
  create: (settings) => ({
    trainsOn: "new",
    startsFrom: "before",
    memory: NO_MEMORY,
    update: descent(elastic(settings)),
    head: logits,
  }),
});

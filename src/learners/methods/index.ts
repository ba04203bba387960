import type { MethodPart } from "../method.js";
import { ewc } from "./ewc.js";
import { fineTuning } from "./fine-tuning.js";
import { frozen } from "./frozen.js";
import { gdumb } from "./gdumb.js";
import { icarl } from "./icarl.js";
import { itaml } from "./itaml.js";
import { joint } from "./joint.js";
import { lwf } from "./lwf.js";
import { ncm } from "./ncm.js";
import { replay } from "./replay.js";
import { replayDistillation } from "./replay-distillation.js";
import { ridge } from "./ridge.js";
import { slda } from "./slda.js";
import { weightAlignment } from "./weight-alignment.js";

/** The built-in methods. */
export const methods: readonly MethodPart[] = [
  itaml,
  replay,
  replayDistillation,
  icarl,
  weightAlignment,
  gdumb,
  joint,
  lwf,
  ewc,
  fineTuning,
  frozen,
  ncm,
  slda,
  ridge,
];

import { ewc } from "./ewc.js";
import { fineTuning } from "./fine-tuning.js";
import { frozen } from "./frozen.js";
import { gdumb } from "./gdumb.js";
import { icarl } from "./icarl.js";
import { joint } from "./joint.js";
import { lwf } from "./lwf.js";
import type { Method } from "./method.js";
import { replay } from "./replay.js";
import { weightAlignment } from "./weight-alignment.js";

/** What methods have settings for. */
export interface MethodSettings {
  readonly ewc: { readonly lambda: number };
}

/** The methods by the names that a configuration calls them. */
const METHODS = {
  finetuning: () => fineTuning,
  frozen: () => frozen,
  joint: () => joint,
  replay: () => replay,
  icarl: () => icarl,
  wa: () => weightAlignment,
  ewc: ({ ewc: { lambda } }) => ewc(lambda),
  lwf: () => lwf,
  gdumb: () => gdumb,
} satisfies Record<string, (settings: MethodSettings) => Method>;

export type MethodName = keyof typeof METHODS;

export const METHOD_NAMES = Object.keys(METHODS) as [MethodName, ...MethodName[]];

export function createMethod(name: MethodName, settings: MethodSettings): Method {
  return METHODS[name](settings);
}

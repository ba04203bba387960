import type { Choice, Part } from "../base/part.js";
import { identityPart } from "./identity.js";
import { mirrorable } from "./mirrored.js";
import { mlpPart } from "./mlp.js";
import { mobilenetV3SmallPart } from "./mobilenet-v3-small.js";
import type { Network } from "./network.js";
import { randomFeaturesPart } from "./random-features.js";
import { reducedResnetPart } from "./reduced-resnet.js";
import { resnet18Part } from "./resnet18.js";
import { resnet32Part } from "./resnet32.js";

const BUILT_IN = [
  mlpPart,
  mirrorable(reducedResnetPart),
  mirrorable(resnet18Part),
  mirrorable(resnet32Part),
  mirrorable(mobilenetV3SmallPart),
  identityPart,
  randomFeaturesPart,
] as const;

/** The built-in networks. */
export const networks: readonly Part<Network>[] = BUILT_IN;

/** A built-in network by its name and settings. */
export type NetworkSettings = Choice<(typeof BUILT_IN)[number]>;

import { part } from "../base/part.js";
import { flatten } from "../graph/operators/index.js";
import type { Network } from "./network.js";

/** No network: the features are the normalised input itself, as one vector. θ is empty. */
export function identityNetwork(): Network {
  return { name: "identity", features: (_scope, x) => flatten(x) };
}

/** `network: identity`, for vectors that another network has made. */
export const identityPart = part({
  name: "identity",
  title: "no network: the features are the input as it is",
  settings: {},
  create: identityNetwork,
});

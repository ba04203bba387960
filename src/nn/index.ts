import { ItamlError } from "../base/errors.js";
import { mlp } from "./mlp.js";
import type { Network } from "./network.js";
import { reducedResnet } from "./reduced-resnet.js";
import { resnet18, resnet32 } from "./resnet.js";

/** A built-in network by name. */
export type NetworkSettings =
  | { readonly name: "mlp"; readonly hidden?: readonly number[] | undefined }
  | { readonly name: "reduced-resnet18"; readonly widths?: readonly number[] | undefined }
  | { readonly name: "resnet18" }
  | { readonly name: "resnet32" };

const NAMES = ["mlp", "reduced-resnet18", "resnet18", "resnet32"] as const;

/** @throws {ItamlError} INPUT_INVALID where there is no network of that name */
export function createNetwork(settings: NetworkSettings): Network {
  switch (settings.name) {
    case "mlp":
      return mlp(settings);
    case "reduced-resnet18":
      return reducedResnet(settings);
    case "resnet18":
      return resnet18();
    case "resnet32":
      return resnet32();
    default:
      throw new ItamlError("INPUT_INVALID", "there is no network of that name", {
        expected: NAMES.join(", "),
        found: JSON.stringify((settings satisfies never as NetworkSettings).name),
      });
  }
}

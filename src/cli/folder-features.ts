import { MOBILENET_V3_SMALL } from "../features/pretrained.js";
import { terminalQuestion } from "./fetch-dataset.js";
import { provideWeights } from "./fetch-weights.js";

/** Settings of a network that is trained on pictures. */
const OF_PICTURES = /^(features|network|images|augmentation)\b/;

/**
 * Pictures of one's own are learned on pretrained features where these are here or wanted, and nothing was said about the
 * network.
 *
 * @param say told what was chosen, and how it is otherwise
 * @returns the configuration to take for `name`
 */
export async function chooseForFolder(
  name: string,
  { features, set = [], fetch = false }: { features?: string; set?: string[]; fetch?: boolean },
  say: (line: string) => void,
): Promise<string> {
  if (name !== "folder") return name;
  if (features !== undefined) return features === "none" ? name : "folder-features";
  if (set.some((setting) => OF_PICTURES.test(setting))) return name;
  const weights = MOBILENET_V3_SMALL;
  if (await provideWeights(weights, { fetch, ask: terminalQuestion() })) {
    say(
      `learns on the features of ${weights.name}; to train a network from nothing instead: --features none`,
    );
    return "folder-features";
  }
  say(
    `trains a network from nothing; on pretrained features it is quicker and better: itaml features fetch ${weights.name}`,
  );
  return name;
}

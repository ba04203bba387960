import { resolve } from "node:path";
import { applySetting } from "../experiment/config-text.js";
import { loadNamedParts } from "../experiment/plugins.js";
import { MOBILENET_V3_SMALL } from "../features/pretrained.js";
import { summingLearner } from "../learners/settings.js";
import { provideWeights } from "./fetch-weights.js";

const OF_LEARNER = /^learner[.=]/;
const OF_FEATURES = /^features[.=]/;

/** Settings of a network that is trained on pictures; broken ones and clear ones there are for any. */
const OF_PICTURES = /^(network|augmentation|images(?![.](broken|background)=))\b/;

interface FolderOptions {
  features?: string;
  set?: string[];
  plugin?: string[];
  fetch?: boolean;
  /** Asks for weights that aren't here. Default: nobody is there to answer. */
  ask?: ((question: string) => Promise<boolean>) | undefined;
}

/** A configuration on features: their learner sums, or trains. */
const [SUMMED, TRAINED] = ["folder-features", "folder-features-trained"] as const;

/**
 * Pictures of one's own are learned on pretrained features where these are here or wanted, and nothing was said about the
 * network.
 *
 * @param say told what was chosen, and how it is otherwise
 * @returns the configuration to take for `name`
 */
export async function chooseForFolder(
  name: string,
  { features, set = [], plugin, fetch = false, ask }: FolderOptions,
  say: (line: string) => void,
): Promise<string> {
  if (name !== "folder") return name;
  if (features === "none") return name;
  if (features !== undefined || set.some((setting) => OF_FEATURES.test(setting))) {
    return byLearner(set, plugin);
  }
  const own = set.find((setting) => OF_PICTURES.test(setting));
  if (own !== undefined) {
    say(`trains a network from nothing, as ${own.replace(/=.*/s, "")} is set`);
    return name;
  }
  const weights = MOBILENET_V3_SMALL;
  if (await provideWeights(weights, { fetch, ask })) {
    say(
      `learns on the features of ${weights.name}; to train a network from nothing instead: --features none`,
    );
    return byLearner(set, plugin);
  }
  say(
    `trains a network from nothing; on pretrained features it is quicker and better: itaml features fetch ${weights.name}`,
  );
  return name;
}

async function byLearner(set: readonly string[], plugins: readonly string[] = []): Promise<string> {
  const content: Record<string, unknown> = {};
  for (const setting of set) if (OF_LEARNER.test(setting)) applySetting(content, setting);
  if (content.learner === undefined) return SUMMED;
  const parts = await loadNamedParts(plugins.map((file) => resolve(file)));
  return summingLearner(content.learner, parts) === undefined ? TRAINED : SUMMED;
}

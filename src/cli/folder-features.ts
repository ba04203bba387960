import { resolve } from "node:path";
import { applySetting } from "../experiment/config-text.js";
import { loadNamedParts } from "../experiment/plugins.js";
import { MOBILENET_V3_SMALL } from "../features/pretrained.js";
import { summingLearner } from "../learners/settings.js";
import { terminalQuestion } from "./fetch-dataset.js";
import { provideWeights } from "./fetch-weights.js";

const OF_LEARNER = /^learner[.=]/;

/** Settings of a network that is trained on pictures. */
const OF_PICTURES = /^(features|network|images|augmentation)\b/;

interface FolderOptions {
  features?: string;
  set?: string[];
  plugin?: string[];
  fetch?: boolean;
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
  { features, set = [], plugin, fetch = false }: FolderOptions,
  say: (line: string) => void,
): Promise<string> {
  if (name !== "folder") return name;
  if (features === "none") return name;
  if (features !== undefined) return byLearner(set, plugin);
  if (set.some((setting) => OF_PICTURES.test(setting))) return name;
  const weights = MOBILENET_V3_SMALL;
  if (await provideWeights(weights, { fetch, ask: terminalQuestion() })) {
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

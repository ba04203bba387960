import { datasetFolder } from "../../data/catalog.js";
import type { Config } from "../../experiment/config.js";
import { PATHS } from "../../experiment/origin.js";

/** The keys of paths that lead elsewhere in another configuration. */
export function movedPaths(a: Config, b: Config): (keyof Config)[] {
  return PATHS.filter((key) => pathOf(a, key) !== pathOf(b, key));
}

function pathOf(config: Config, key: keyof Config): unknown {
  return key === "data" ? datasetFolder(config.dataset, config.data) : config[key];
}

import { ItamlError } from "../../base/errors.js";
import { datasetFolder } from "../../data/catalog.js";
import { type Content, contentOf } from "../../data/content-hash.js";
import type { Config } from "../../experiment/config.js";
import { PATHS } from "../../experiment/origin.js";
import type { RunDirectory } from "../../experiment/run-directory.js";
import { loadData } from "../../experiment/setup.js";

/** Compares the data of runs with what a sweep has now. Runs mostly share theirs, so that each content is read once. */
export class RunData {
  readonly #contents = new Map<string, Promise<Content>>();

  /**
   * Refuses a run that has begun where its data are elsewhere now and their content is another: its results would be taken
   * for those of the data that are named. Of a run without a finished task training compares the folder's content itself.
   *
   * @throws {ItamlError} RUN_DIRECTORY; DATASET_…; FILE_INVALID
   */
  async refuseOther(directory: RunDirectory, startedWith: Config, now: Config): Promise<void> {
    const moved = movedPaths(startedWith, now);
    if (moved.length === 0) return;
    const finished = (await directory.readResults())?.tasks.length ?? 0;
    if (finished === 0 && !moved.includes("classes")) return;
    if (finished > 0) {
      const origin = await directory.readOrigin(finished - 1);
      if (origin && (await (await this.#contentOf(now)).is(origin.data))) return;
    }
    throw new ItamlError("RUN_DIRECTORY", "the run is of a sweep with other data", {
      where: directory.path,
      expected: placeOf(now),
      found: placeOf(startedWith),
      remedy: "Choose another directory with --out, or remove this run",
    });
  }

  #contentOf(config: Config): Promise<Content> {
    const { dataset, data, classes, split, images, features, plugins } = config;
    const key = JSON.stringify([dataset, data, classes, split, images, features, plugins]);
    const content = this.#contents.get(key) ?? readContent(config);
    this.#contents.set(key, content);
    return content;
  }
}

/** The keys of paths that lead elsewhere in another configuration. */
export function movedPaths(a: Config, b: Config): (keyof Config)[] {
  return PATHS.filter((key) => pathOf(a, key) !== pathOf(b, key));
}

function pathOf(config: Config, key: keyof Config): unknown {
  return key === "data" ? datasetFolder(config.dataset, config.data) : config[key];
}

function placeOf({ dataset, data, classes }: Config): string {
  const list = classes === undefined ? "" : `, the classes in ${classes}`;
  return `the content of ${datasetFolder(dataset, data)}${list}`;
}

async function readContent(config: Config): Promise<Content> {
  const { pictures, features } = await loadData(config);
  try {
    return await contentOf(pictures, datasetFolder(config.dataset, config.data));
  } finally {
    await features?.network.release();
  }
}

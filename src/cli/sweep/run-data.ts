import { ItamlError } from "../../base/errors.js";
import { datasetFolder } from "../../data/catalog.js";
import { type Content, contentOf } from "../../data/content-hash.js";
import type { Config } from "../../experiment/config.js";
import { RunDirectory } from "../../experiment/run-directory.js";
import { loadData } from "../../experiment/setup.js";
import { movedPaths } from "./moved-paths.js";
import type { PlannedRun } from "./plan.js";

/**
 * Refuses a run that has begun where its data are elsewhere now and their content is another: its results would be taken
 * for those of the data that are named. Where none are named its data are its own, unless new runs beside it are to learn
 * what lies where data lie by default. Of a run without a finished task training compares the content itself.
 *
 * @throws {ItamlError} RUN_DIRECTORY; DATASET_…; FILE_INVALID
 */
export async function refuseOtherData(
  runs: readonly Pick<PlannedRun, "path" | "config" | "state">[],
): Promise<void> {
  const contents = new Contents();
  const toLearn = new Set(
    runs.flatMap(({ state, config }) => (state === "new" ? [config.dataset] : [])),
  );
  for (const { path, config, state } of runs) {
    if (state === "new") continue;
    const { directory, config: startedWith } = await RunDirectory.open(path);
    const isSaid = config.data !== undefined || toLearn.has(config.dataset);
    const now = isSaid ? config : { ...config, data: startedWith.data };
    if (movedPaths(startedWith, now).length === 0) continue;
    const finished = (await directory.readResults())?.tasks.length ?? 0;
    if (finished === 0) continue;
    const origin = await directory.readOrigin(finished - 1);
    if (origin && (await (await contents.of(now)).is(origin.data))) continue;
    throw new ItamlError("RUN_DIRECTORY", "the run is of a sweep with other data", {
      where: path,
      expected: placeOf(now),
      found: placeOf(startedWith),
      remedy: "Name its data with --data, choose another directory with --out, or remove this run",
    });
  }
}

function placeOf({ dataset, data, classes }: Config): string {
  const list = classes === undefined ? "" : `, the classes in ${classes}`;
  return `the content of ${datasetFolder(dataset, data)}${list}`;
}

/** What configurations learn. Runs mostly share it, so that each is read once. */
class Contents {
  readonly #read = new Map<string, Promise<Content>>();

  of(config: Config): Promise<Content> {
    const { dataset, data, classes, split, images, features, plugins } = config;
    const key = JSON.stringify([dataset, data, classes, split, images, features, plugins]);
    const content = this.#read.get(key) ?? readContent(config);
    this.#read.set(key, content);
    return content;
  }
}

async function readContent(config: Config): Promise<Content> {
  const { pictures, features } = await loadData(config);
  try {
    return await contentOf(pictures, datasetFolder(config.dataset, config.data));
  } finally {
    await features?.network.release();
  }
}

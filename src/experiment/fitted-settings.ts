import { ItamlError } from "../base/errors.js";
import { datasetFolder, findDataset } from "../data/catalog.js";
import { readClassList } from "../data/class-list.js";
import { taskStream } from "../incremental/task-stream.js";
import { indicesByClass } from "../samples/samples.js";
import type { Config } from "./config.js";
import type { Parts } from "./parts.js";

/** How many pictures the tasks of a configuration have. */
interface PictureCounts {
  /** For training, of all tasks. */
  readonly train: number;
  readonly tasks: number;
  /** For testing, of the task that has the fewest. */
  readonly fewestTest: number;
}

type Content = Record<string, unknown>;

/** Fewer pictures than this are learned small, in small mini-batches. */
const FEW = 1000;
/** Samples that pass through training, if each task trained for one epoch on all pictures so far, times epochs. */
const PASSES = 3000;

/** What `auto` is, by the key that may have it; later ones see what earlier ones came to. */
const FITS: Readonly<
  Record<string, (counts: PictureCounts, at: (key: string) => unknown) => unknown>
> = {
  "images.size": ({ train }) => (train < FEW ? 32 : 64),
  "images.resize": (_, at) => Math.round((9 / 8) * Number(at("images.size"))),
  batchSize: ({ train }) => (train < FEW ? 16 : 64),
  epochs: ({ train, tasks }) => {
    const passes = (train * (tasks + 1)) / 2;
    return Math.min(30, Math.max(15, Math.round(PASSES / passes)));
  },
  "schedule.epochs": (_, at) => {
    const most = Math.max(...[at("epochs")].flat().map(Number));
    return [Math.round(most / 2), Math.round((5 / 6) * most)];
  },
  continuum: ({ fewestTest }) => Math.max(1, Math.min(5, fewestTest)),
};

/** The keys whose value is `auto`. */
export function automaticKeys(content: Content): string[] {
  return Object.keys(FITS).filter((key) => valueAt(content, key) === "auto");
}

/**
 * Puts values in the place of `auto`. With the same pictures they are always the same.
 *
 * @param counts default: some, to check a configuration before its pictures are looked for
 * @param run one that has been fitted, whose values go first
 */
export function fitted(
  content: Content,
  counts: PictureCounts = { train: FEW, tasks: 1, fewestTest: 1 },
  run?: Config,
): Content {
  const copy = structuredClone(content);
  for (const key of automaticKeys(content)) {
    const path = key.split(".");
    const last = path.pop() as string;
    const section = path.reduce((inner, name) => inner[name] as Content, copy);
    section[last] = valueAt(run, key) ?? FITS[key]?.(counts, (other) => valueAt(copy, other));
  }
  return copy;
}

/**
 * Counts the pictures of a configuration's tasks, without reading them.
 *
 * @throws {ItamlError} CONFIG_INVALID where the data set is none of picture files; DATASET_MISSING, DATASET_INVALID
 */
export async function countPictures(config: Config, { datasets }: Parts): Promise<PictureCounts> {
  const { split, classes } = config;
  const entry = findDataset(config.dataset, datasets);
  if (entry.kind !== "images") {
    throw new ItamlError("CONFIG_INVALID", "only to picture files settings are fitted", {
      where: "auto",
      expected: `numbers for ${entry.name}`,
    });
  }
  const listed = await entry.list(datasetFolder(entry.name, config.data), {
    ...(split && { split }),
    ...(classes !== undefined && { classes: await readClassList(classes) }),
  });
  const tasks = taskStream({ ...config, classCount: listed.classes.length });
  const all = listed.classes.map((_, label) => label);
  const counts = ({ labels }: { labels: ArrayLike<number> }) => {
    const byClass = indicesByClass(labels, all).map(({ length }) => length);
    return tasks.map((own) => own.reduce((sum, label) => sum + (byClass[label] as number), 0));
  };
  return {
    train: counts(listed.train).reduce((sum, count) => sum + count, 0),
    tasks: tasks.length,
    fewestTest: Math.min(...counts(listed.test)),
  };
}

/** The value of `key.key` in a configuration; undefined where there is none. */
export function valueAt(content: unknown, key: string): unknown {
  return key
    .split(".")
    .reduce<unknown>((inner, name) => (inner as Content | undefined)?.[name], content);
}

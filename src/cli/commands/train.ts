import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { didYouMean, ItamlError, nearestName } from "../../base/errors.js";
import { datasetFolder, findDataset, isBuiltIn } from "../../data/catalog.js";
import { type Config, resolveConfig, withoutUnused } from "../../experiment/config.js";
import {
  applySettings,
  contradiction,
  parseConfigText,
  writtenOut,
} from "../../experiment/config-text.js";
import {
  type ExperimentOptions,
  resumeExperiment,
  startExperiment,
} from "../../experiment/experiment.js";
import { automaticKeys, countPictures, fitted, valueAt } from "../../experiment/fitted-settings.js";
import { PATHS } from "../../experiment/origin.js";
import { builtInParts, type Parts } from "../../experiment/parts.js";
import { loadNamedParts } from "../../experiment/plugins.js";
import type { Results } from "../../experiment/results.js";
import { RunDirectory } from "../../experiment/run-directory.js";
import { readFileOrThrow } from "../../files/read-file.js";
import { accuracyTable, summaryTable } from "../../report/results-tables.js";
import { wrapText } from "../../report/table.js";
import { provideDataset, terminalQuestion } from "../fetch-dataset.js";
import { neededWeights, provideWeights } from "../fetch-weights.js";
import { chooseForFolder } from "../folder-features.js";
import { interruptible } from "../interruption.js";
import { duration, ProgressDisplay } from "../progress.js";
import { ProgressLine } from "../progress-line.js";
import { terminalWidth } from "../terminal-width.js";

export interface TrainOptions {
  data?: string;
  features?: string;
  fetch?: boolean;
  out?: string;
  resume?: boolean;
  force?: boolean;
  takeOver?: boolean;
  fromTask?: number;
  seed?: number;
  device?: string;
  set?: string[];
  plugin?: string[];
  json?: boolean;
}

/** Bytes of a configuration file. */
export const MAXIMUM_CONFIG = 2 ** 20;

/** Configurations that come with the program. */
const CONFIGS = join(import.meta.dirname, "../../../configs");

export async function train(name: string | undefined, options: TrainOptions): Promise<void> {
  const results =
    options.resume || options.fromTask !== undefined
      ? await resumeRun(name, options)
      : await startRun(name, options);
  if (options.json) {
    console.log(JSON.stringify(results.results, undefined, 2));
    return;
  }
  const width = terminalWidth();
  console.log(
    `\n${accuracyTable(results.results, width)}\n\n${summaryTable(results.results, width)}`,
  );
  console.log(`\nrun     ${results.path}\nreport  ${join(results.path, "report.html")}`);
}

async function startRun(name: string | undefined, options: TrainOptions) {
  for (const [option, given] of [
    ["--force", options.force],
    ["--take-over", options.takeOver],
  ] as const) {
    if (!given) continue;
    throw new ItamlError("USAGE", "there is no run yet that could go on", {
      where: `itaml train ${option}`,
      expected: "--resume or --from-task with it",
    });
  }
  if (name === undefined) {
    throw new ItamlError("USAGE", "there is nothing to train", {
      where: "itaml train",
      expected: "a data set's name or a configuration file, such as itaml train strokes",
    });
  }
  // With --json programs read what is said.
  const say = (line: string) => {
    if (!options.json) process.stderr.write(`${wrapText(line, terminalWidth()).join("\n")}\n`);
  };
  const chosen = await chooseForFolder(name, { ...options, ask: terminalQuestion() }, say);
  const config = await readConfig(chosen, options, say);
  const usual = `runs/${config.dataset}-${config.learner.name}-seed${config.seed}`;
  const path = options.out ?? freePath(usual);
  if (options.out === undefined) {
    const taken = path === usual ? "" : `, since ${usual} is there already`;
    say(`trains in ${path}${taken}`);
  }
  await provide(config, options);
  const results = await trainWithDisplay(path, config, (hooks) =>
    startExperiment(path, config, hooks),
  );
  return { path, results };
}

async function resumeRun(name: string | undefined, options: TrainOptions) {
  const path = options.out;
  if (path === undefined) {
    throw new ItamlError("USAGE", "which run should go on", {
      where: "itaml train --resume",
      expected: "--out with its directory",
    });
  }
  const { directory, config: startedWith } = await RunDirectory.open(path);
  const { force, takeOver, data } = options;
  const { set, seed, device, features, plugin = [] } = options;
  // The run's own plugins are named again, to be trusted.
  const known = (startedWith.plugins ?? []).map((file) => resolve(file));
  const changed =
    plugin.some((file) => !known.includes(resolve(file))) ||
    [set, seed, device, features].some((given) => given !== undefined);
  let config = startedWith;
  if (name !== undefined || (changed && force)) {
    const source =
      name === undefined ? await runConfig(startedWith, directory) : await findConfig(name);
    config = await withChanges(source, options);
  } else if (changed) {
    throw new ItamlError("USAGE", "a run goes on with the settings that it was started with", {
      where: "itaml train --resume",
      remedy:
        "Leave --set, --seed, --device, --features and further plugins out, start a new run, or change this one with --force",
    });
  } else if (data !== undefined) {
    // Wherever they are: their content is compared.
    config = { ...startedWith, data: resolve(data) };
    refuseDataOfBuiltIn(config, await loadNamedParts(config.plugins));
  }
  if (!force) refuseDifference(path, startedWith, config);
  await provide(config, options);
  const results = await trainWithDisplay(path, config, (hooks) =>
    resumeExperiment(path, options.fromTask, {
      ...hooks,
      ...{ force, takeOver },
      ...(config !== startedWith && { config }),
    }),
  );
  return { path, results };
}

async function provide(config: Config, { fetch = false }: TrainOptions): Promise<void> {
  const { dataset, data, plugins } = config;
  const { datasets } = await loadNamedParts(plugins);
  const how = { fetch, ask: terminalQuestion() };
  await provideDataset(findDataset(dataset, datasets), datasetFolder(dataset, data), how);
  for (const weights of neededWeights(config)) await provideWeights(weights, how);
}

/** Trains with progress on the terminal, Ctrl-C, a picture that is drawn after every task, and a report at the end. */
export async function trainWithDisplay(
  path: string,
  config: Config,
  run: (options: ExperimentOptions) => Promise<Results>,
): Promise<Results> {
  let display: ProgressDisplay | undefined;
  const reading = new ProgressLine();
  reading.show(() => `reading ${config.dataset} …`);
  const pages = () => import("../run-pages.js");
  try {
    const results = await interruptible((signal) => {
      signal.addEventListener("abort", () => display?.keep());
      return run({
        signal,
        onFeatures: featureProgress(reading),
        onStart: ({ samples, firstTask, firstEpoch }) => {
          reading.clear();
          const title = `${config.dataset} ${config.learner.name}`;
          display = new ProgressDisplay({
            ...{ title, samples, firstTask, firstEpoch },
            // What sums passes over its samples once.
            epochs: config.epochs ?? 1,
          });
          if (firstTask + firstEpoch > 0 && firstTask < samples.length) {
            process.stderr.write(`going on with task ${firstTask + 1}, epoch ${firstEpoch + 1}\n`);
          }
        },
        onProgress: (progress) => display?.show(progress),
        onWarning: (message) => {
          reading.clear();
          display?.clear();
          process.stderr.write(`warning: ${message}\n`);
        },
        onTask: async (results) => {
          display?.showTask(results);
          await (await pages()).drawAccuracies(path, config, results);
        },
      });
    });
    display?.clear();
    // Again, since a run that was killed after its last task has no more of them.
    const { drawAccuracies, reportRun } = await pages();
    await drawAccuracies(path, config, results);
    await reportRun(path, config);
    return results;
  } catch (error) {
    reading.clear();
    display?.keep();
    if (error instanceof ItamlError && error.code === "INTERRUPTED" && display) {
      throw new ItamlError("INTERRUPTED", "the run was stopped", {
        where: path,
        remedy: "Continue with",
        command: ["itaml", "train", "--resume", "--out", path],
      });
    }
    throw error;
  }
}

/** Shows on a line how far the features are, and how long the rest takes. */
function featureProgress(line: ProgressLine): NonNullable<ExperimentOptions["onFeatures"]> {
  const started = performance.now();
  return ({ done, total }) =>
    line.show(() => {
      const left = ((performance.now() - started) / 1000 / done) * (total - done);
      const time = done > 0 ? `, ${duration(left)} left` : "";
      return `features of ${done.toLocaleString("en")} of ${total.toLocaleString("en")} pictures${time}`;
    });
}

/** What of the command line changes a configuration. */
type Changes = Pick<TrainOptions, "data" | "seed" | "device" | "features" | "set" | "plugin">;

/**
 * Reads a configuration by file or data set name, and applies the command line's changes.
 *
 * @param onFitted told what `auto` became, where it stands somewhere
 */
export async function readConfig(
  name: string,
  changes: Changes,
  onFitted?: (line: string) => void,
): Promise<Config> {
  return withChanges(await findConfig(name), changes, onFitted);
}

/**
 * The same for a run that has begun: its data needn't be there. Then what is `auto` is what the run has.
 *
 * @param run as it was started
 */
export async function readConfigAgain(
  run: Config,
  name: string,
  changes: Changes,
): Promise<Config> {
  const { content, where, parts } = await changed(await findConfig(name), changes);
  const config = resolveConfig(fitted(content, undefined, run), where, parts);
  refuseDataOfBuiltIn(config, parts);
  if (automaticKeys(content).length === 0) return config;
  const ofRun = { ...config, data: config.data ?? run.data };
  const counts = await countPictures(ofRun, parts).catch((error) => {
    if (error instanceof ItamlError && error.code === "DATASET_MISSING") return undefined;
    throw error;
  });
  return counts ? resolveConfig(fitted(content, counts), where, parts) : config;
}

/** A configuration as it is before the command line's changes. */
interface ConfigSource {
  readonly content: Record<string, unknown>;
  readonly where: string;
}

async function findConfig(name: string): Promise<ConfigSource> {
  const isFile = /\.ya?ml$/.test(name) || (existsSync(name) && statSync(name).isFile());
  const file = isFile ? name : builtInFile(name);
  const text = (await readFileOrThrow(file, "CONFIG_INVALID", MAXIMUM_CONFIG)).toString("utf8");
  return { content: parseConfigText(text, file), where: name };
}

async function runConfig(config: Config, directory: RunDirectory): Promise<ConfigSource> {
  const content: Record<string, unknown> = { ...config };
  // Earlier versions stored data that nothing reads.
  if (isOfProgram(config, await loadNamedParts(config.plugins))) delete content.data;
  return { content, where: directory.file("config.yaml") };
}

async function withChanges(
  source: ConfigSource,
  changes: Changes,
  onFitted?: (line: string) => void,
): Promise<Config> {
  const { content, where, parts } = await changed(source, changes);
  const config = resolveConfig(fitted(content), where, parts);
  refuseDataOfBuiltIn(config, parts);
  refuseNoPictures(config, parts);
  const automatic = automaticKeys(content);
  if (automatic.length === 0) return config;
  const counts = await countPictures(config, parts);
  const plain = fitted(content, counts);
  const values = automatic.map((key) => `${key} ${JSON.stringify(valueAt(plain, key))}`);
  onFitted?.(`fitted to ${counts.train} training pictures: ${values.join(", ")}`);
  return resolveConfig(plain, where, parts);
}

/** A configuration's content after the command line's changes, and the parts that it may name. */
async function changed(
  { content, where }: ConfigSource,
  changes: Changes,
): Promise<ConfigSource & { readonly parts: Parts }> {
  refuseTwice(changes);
  const { data, seed, device, features, set = [], plugin = [] } = changes;
  const { learner } = content;
  if (seed !== undefined) content.seed = seed;
  if (device !== undefined) content.device = device;
  if (data !== undefined) content.data = data;
  if (features === "none") delete content.features;
  else if (features !== undefined) onFeatures(content, features);
  applySettings(content, set);
  resolveFiles(content);
  const plugins = pluginsOf(content, plugin);
  if (plugins.length > 0) content.plugins = plugins;
  const parts = await loadNamedParts(plugins);
  // What stood beside another learner was said of that one.
  const isReplaced = !isDeepStrictEqual(content.learner, learner);
  const wanted = set.map((setting) => setting.split(/[.=]/)[0] as string);
  const used = isReplaced ? withoutUnused(content, parts, wanted) : content;
  return { content: used, where, parts };
}

/** Such as `--seed 1` with `--set seed=2`: one of them would be ignored. */
function refuseTwice({ data, seed, device, features, set = [] }: Changes): void {
  for (const [key, value] of Object.entries({ data, seed, device, features })) {
    const setting = set.find((other) => other.startsWith(`${key}=`));
    if (value !== undefined && setting !== undefined) {
      throw contradiction(key, String(value), setting);
    }
  }
}

/** Whether a data set is part of the program, and has no folder. */
function isOfProgram({ dataset }: Config, { datasets }: Parts): boolean {
  const entry = findDataset(dataset, datasets);
  return builtInParts.datasets.includes(entry) && isBuiltIn(entry);
}

/** Data beside a data set that is part of the program would be ignored. */
function refuseDataOfBuiltIn(config: Config, parts: Parts): void {
  const { dataset, data } = config;
  if (data === undefined || !isOfProgram(config, parts)) return;
  throw new ItamlError("CONFIG_INVALID", `${dataset} is built in`, {
    where: "data",
    expected: "none",
    found: data,
    remedy: "Leave it out; pictures of your own are the data set folder",
  });
}

/** Says that nothing names the pictures before they are looked for. */
function refuseNoPictures({ dataset, data }: Config, { datasets }: Parts): void {
  const { name, obtain } = findDataset(dataset, datasets);
  const folder = datasetFolder(name);
  if (data !== undefined || name !== "folder" || existsSync(folder)) return;
  throw new ItamlError("DATASET_MISSING", "nothing says where the pictures are", {
    where: name,
    expected: "--data with their folder",
    found: `none, and no ${folder}`,
    ...(obtain !== undefined && { remedy: obtain }),
  });
}

/** The files that a configuration names are those from here. */
function resolveFiles(content: Record<string, unknown>): void {
  for (const key of ["data", "classes"]) {
    if (typeof content[key] === "string") content[key] = resolve(content[key]);
  }
  const { features, network } = content as Record<string, Record<string, unknown> | undefined>;
  const frozen = typeof features === "string" ? writtenOut(features) : features;
  if (typeof frozen?.model === "string") {
    content.features = { ...frozen, model: resolve(frozen.model) };
  }
  if (typeof network?.weights === "string" && network.weights !== "pretrained") {
    content.network = { ...network, weights: resolve(network.weights) };
  }
}

/** A configuration for pictures as one for their features: a network, augmentation and the like would be of the pictures. */
function onFeatures(content: Record<string, unknown>, features: string): void {
  content.features = features;
  for (const key of ["network", "images", "augmentation", "normalization"]) delete content[key];
}

/** The plugins that a configuration names, and those of the command line. */
function pluginsOf({ plugins = [] }: Record<string, unknown>, others: readonly string[]): string[] {
  // What is no list of names is refused with the rest of the configuration.
  const named = Array.isArray(plugins) && plugins.every((file) => typeof file === "string");
  const all = [...(named ? (plugins as string[]) : []), ...others].map((file) => resolve(file));
  // A run's own are named again, to be trusted.
  return [...new Set(all)];
}

/** The file of a configuration that comes with the program. */
function builtInFile(name: string): string {
  const files = readdirSync(CONFIGS).filter((file) => file.endsWith(".yaml"));
  const names = files.map((file) => basename(file, ".yaml")).sort();
  if (names.includes(name)) return join(CONFIGS, `${name}.yaml`);
  const ofDataset = names.filter((other) => other.startsWith(`${name}-`));
  const nearest = nearestName(name, names);
  throw new ItamlError("DATASET_UNKNOWN", `there is no configuration "${name}"`, {
    ...(ofDataset.length > 0 && { expected: `one of ${ofDataset.join(", ")}` }),
    ...(ofDataset.length === 0 && didYouMean(nearest)),
    ...(ofDataset.length === 0 &&
      !nearest && { expected: `a file, or one of ${names.join(", ")}` }),
  });
}

function refuseDifference(path: string, started: Config, given: Config): void {
  const differing = differingKey(started, given);
  if (differing === undefined) return;
  throw new ItamlError("RUN_DIRECTORY", `the run was started with another ${differing}`, {
    where: path,
    expected: JSON.stringify(started[differing]),
    found: JSON.stringify(given[differing]),
    remedy: "Continue with --resume --out alone, or start a new run",
  });
}

/** A key that two configurations have with different values; paths are no difference. */
export function differingKey(a: Config, b: Config): keyof Config | undefined {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof Config)[];
  return keys.find((key) => !PATHS.includes(key) && !isDeepStrictEqual(a[key], b[key]));
}

/** The path, or the first of path-2, path-3, … that doesn't exist. */
export function freePath(path: string): string {
  let free = path;
  for (let n = 2; existsSync(free); n++) free = `${path}-${n}`;
  return free;
}

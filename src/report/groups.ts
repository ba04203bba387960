import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Config } from "../experiment/config.js";
import type { Parts } from "../experiment/parts.js";
import type { ReportedRun } from "./runs.js";
import { datasetTitle, learnerTitle } from "./titles.js";

/** Runs of one configuration over seeds. */
export interface RunGroup {
  /** What sets it apart from the other groups; its learner, where it is the only one. */
  readonly name: string;
  readonly runs: readonly ReportedRun[];
}

/** Keys that don't make another configuration: another seed, or the same on another machine. */
const OF_A_RUN = ["seed", "data", "device", "threads", "logs"];

/**
 * Groups runs by all that they came from but the seed, in the order of their first ones: settings, the content of the
 * data set, the program. Runs of one seed aren't independent of one another: those that repeat a seed of their
 * configuration (on another device, for example) make a group of their own.
 *
 * @param nameOf what the configuration of a run is called, such as by a sweep. Default: by what differs
 */
export function groupRuns(
  runs: readonly ReportedRun[],
  parts: Parts,
  nameOf?: (run: ReportedRun) => string,
): RunGroup[] {
  const groups: [ReportedRun, ...ReportedRun[]][] = [];
  for (const run of runs) {
    const own = groups.find(
      (members) =>
        isDeepStrictEqual(configurationOf(members[0]), configurationOf(run)) &&
        nameOf?.(members[0]) === nameOf?.(run) &&
        members.every((other) => other.config.seed !== run.config.seed),
    );
    if (own) own.push(run);
    else groups.push([run]);
  }
  const firsts = groups.map(([first]) => first);
  const names = nameOf ? firsts.map(nameOf) : groupNames(firsts, parts);
  return groups.map((members, i) => {
    const name = names[i] as string;
    const unique = names.indexOf(name) === names.lastIndexOf(name);
    return { name: unique ? name : `${name}, ${members[0].title}`, runs: members };
  });
}

/** Whether runs are of the same data set with the same content. Where that isn't known, its folder stands for it. */
export function sameData(a: ReportedRun, b: ReportedRun): boolean {
  return isDeepStrictEqual(dataOf(a), dataOf(b));
}

function dataOf({ config, origin }: ReportedRun): unknown {
  return [config.dataset, ...(origin ? [origin.data] : [config.data, config.classes])];
}

function configurationOf(run: ReportedRun): unknown {
  // The content of the data set is that of its classes, too.
  const free = run.origin ? [...OF_A_RUN, "classes"] : OF_A_RUN;
  const entries = Object.entries(run.config).filter(([key]) => !free.includes(key));
  return [Object.fromEntries(entries), dataOf(run), run.origin?.itaml];
}

/**
 * Data set and learner, where they differ; everything else that is not as in most configurations of the same data set
 * and learner as `key=value`.
 */
function groupNames(runs: readonly ReportedRun[], parts: Parts): string[] {
  const settings = runs.map(({ config }) => flatSettings(config));
  const differ = (values: readonly unknown[]) => new Set(values).size > 1;
  const severalDatasets = differ(runs.map(({ config }) => config.dataset));
  const severalLearners = differ(runs.map(({ config }) => config.learner.name));
  return runs.map((run, i) => {
    const { dataset } = run.config;
    const learner = run.config.learner.name;
    const own = settings[i] as Map<string, string>;
    const ofDataset = runs.filter(({ config }) => config.dataset === dataset);
    const peers = runs.flatMap(({ config }, j) =>
      config.dataset === dataset && config.learner.name === learner ? [j] : [],
    );
    const ofPeers = peers.map((j) => settings[j] as Map<string, string>);
    const isUsual = (key: string) => {
      const choices = choicesAround(key).filter((choice) => own.has(choice));
      const comparable = ofPeers.filter((other) =>
        choices.every((choice) => other.get(choice) === own.get(choice)),
      );
      return (
        2 * comparable.filter((other) => other.get(key) === own.get(key)).length > comparable.length
      );
    };
    const keys = [...new Set(ofPeers.flatMap((other) => [...other.keys()]))].filter(
      (key) => !OF_A_RUN.includes(key) && !isUsual(key),
    );
    const versions = peers.map((j) => runs[j]?.origin?.itaml);
    const differing = [
      ...(severalDatasets ? [datasetTitle(parts, dataset)] : []),
      ...(ofDataset.every((other) => sameData(other, run)) ? [] : [nameOfData(run, ofDataset)]),
      ...(severalLearners ? [learnerTitle(parts, learner)] : []),
      ...keys.map((key) => `${key}=${own.get(key) ?? "none"}`),
      ...(differ(versions) ? [`itaml ${run.origin?.itaml ?? "0.1.0"}`] : []),
    ];
    return differing.length > 0 ? differing.join(", ") : learnerTitle(parts, learner);
  });
}

/** The folder of the data, or where others of the same name have other content, the beginning of its hash. */
function nameOfData(run: ReportedRun, others: readonly ReportedRun[]): string {
  const folder = (of: ReportedRun) => of.config.data && basename(of.config.data);
  const ambiguous = others.some((other) => folder(other) === folder(run) && !sameData(other, run));
  const name = ambiguous || !folder(run) ? run.origin?.data.slice(0, 8) : folder(run);
  return `data=${name ?? run.config.data ?? "unknown"}`;
}

/** The names of what a setting is one of: of `learner.update.beta` those of the learner and of its update. */
function choicesAround(key: string): string[] {
  const path = key.split(".");
  return path
    .slice(1)
    .map((_, i) => [...path.slice(0, i + 1), "name"].join("."))
    .filter((choice) => choice !== key);
}

/** The settings that aren't the same everywhere. Of another choice it says enough that it is another. */
export function differingSettings(settings: readonly ReadonlyMap<string, string>[]): string[] {
  const differs = (key: string) => new Set(settings.map((own) => own.get(key))).size > 1;
  const keys = new Set(settings.flatMap((own) => [...own.keys()]));
  return [...keys].filter(
    (key) => !OF_A_RUN.includes(key) && differs(key) && !choicesAround(key).some(differs),
  );
}

/** Every setting by its whole name, such as `adaptation.steps`. */
export function flatSettings(config: Config): Map<string, string> {
  const flat = new Map<string, string>();
  const add = (value: unknown, name: string): void => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      flat.set(name, typeof value === "string" ? value : JSON.stringify(value));
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (inner !== undefined) add(inner, name === "" ? key : `${name}.${key}`);
    }
  };
  add(config, "");
  return flat;
}

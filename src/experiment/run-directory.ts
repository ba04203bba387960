import { appendFileSync, existsSync } from "node:fs";
import { readdir, rm, stat, truncate } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { didYouMean, ItamlError, nearestName } from "../base/errors.js";
import { decodeKeptSamples, encodeKeptSamples, type KeptSamples } from "../data/kept-samples.js";
import { appendWhole, withoutPartial, writeFileAtomically } from "../files/atomic-file.js";
import { writeFolderAtomically } from "../files/atomic-folder.js";
import { CHECKSUMS, formatChecksums, verifyChecksum } from "../files/checksums.js";
import { makeFolder, removeEmpty } from "../files/make-folder.js";
import { readFileOrThrow } from "../files/read-file.js";
import type { SavedLearner } from "../learners/learner.js";
import { stateShapes } from "../learners/state-shapes.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import {
  decodeLearnerState,
  decodeMemory,
  decodeModel,
  encodeLearnerState,
  encodeMemory,
  encodeModel,
} from "../storage/model-files.js";
import { isOldConfig, upgradeConfig } from "../storage/old-settings.js";
import { CheckpointFolder } from "./checkpoint-folder.js";
import { type Config, formatConfig, resolveConfig, withoutUnused } from "./config.js";
import { parseConfigText } from "./config-text.js";
import { parseEvent, parseEvents, type RunEvent } from "./events.js";
import { formatLearnedData, type LearnedData, parseLearnedData } from "./learned-data.js";
import { type Origin, originSchema } from "./origin.js";
import { loadNamedParts } from "./plugins.js";
import { formatResults, parseResults, type Results } from "./results.js";
import { isOfLock, type LockOptions, RunLock } from "./run-lock.js";

/** Bytes of a text file of a run; the largest have some megabytes. */
const MAXIMUM_TEXT = 2 ** 26;

/**
 * The directory of one run: config.yaml, events.jsonl, results.json, accuracy.svg, report.html, tasks/NN with the model
 * and the memory after each task, checkpoints of the task under way, lock.json while it is written to, job.log where a
 * queue trains it, and living where it was taught more.
 */
export class RunDirectory {
  readonly path: string;
  readonly checkpoints: CheckpointFolder;
  readonly #lock: RunLock | undefined;

  private constructor(path: string, lock?: RunLock) {
    this.path = path;
    this.checkpoints = new CheckpointFolder(join(path, "checkpoints"));
    this.#lock = lock;
  }

  /**
   * Starts a new run, to be closed.
   *
   * @throws {ItamlError} RUN_DIRECTORY where something is there already; RUN_IN_USE; DISK_FULL, NOT_WRITABLE
   */
  static async create(path: string, config: Config): Promise<RunDirectory> {
    await refuseContent(path);
    const outermost = await makeFolder(path);
    let directory: RunDirectory | undefined;
    try {
      directory = new RunDirectory(path, await RunLock.acquire(path));
      // Somebody else may have had the lock, and made a run.
      await refuseContent(path);
      await directory.writeConfig(config);
      return directory;
    } catch (error) {
      await directory?.close();
      await removeEmpty(path, outermost);
      throw error;
    }
  }

  /**
   * Opens a run that was started before, to read it.
   *
   * @throws {ItamlError} RUN_DIRECTORY where there is none
   */
  static async open(path: string): Promise<{ directory: RunDirectory; config: Config }> {
    return { directory: new RunDirectory(path), config: await readConfigOf(path) };
  }

  /**
   * Opens a run that was started before, to write to it. It is to be closed.
   *
   * @throws {ItamlError} RUN_DIRECTORY where there is none; RUN_IN_USE
   */
  static async openToWrite(
    path: string,
    options: LockOptions = {},
  ): Promise<{ directory: RunDirectory; config: Config }> {
    await readConfigOf(path);
    const directory = new RunDirectory(path, await RunLock.acquire(path, options));
    try {
      return { directory, config: await readConfigOf(path) };
    } catch (error) {
      await directory.close();
      throw error;
    }
  }

  /** Lets others write. */
  async close(): Promise<void> {
    await this.#lock?.release();
  }

  /** @throws {ItamlError} RUN_IN_USE where another process took over the right to write */
  async refuseTakenOver(): Promise<void> {
    await this.#lock?.refuseTakenOver();
  }

  file(name: string): string {
    return join(this.path, name);
  }

  async writeConfig(config: Config): Promise<void> {
    await writeFileAtomically(this.file(CONFIG), formatConfig(config));
  }

  /** Adds a line to events.jsonl, with the time. */
  logEvent(event: { kind: string } & Record<string, unknown>): RunEvent {
    const file = this.file(EVENTS);
    const line = JSON.stringify({ time: new Date().toISOString(), ...event });
    appendWhole(file, `${line}\n`);
    return parseEvent(line, file);
  }

  /**
   * The events so far, of a run under way without a line that isn't whole yet; none where there is no events.jsonl.
   *
   * @throws {ItamlError} FILE_INVALID with the line
   */
  async readEvents(): Promise<RunEvent[]> {
    const file = this.file(EVENTS);
    if (!existsSync(file)) return [];
    const lines = (await readText(file)).split("\n");
    return parseEvents(isJson(lines.at(-1) as string) ? lines : lines.slice(0, -1), file);
  }

  /** Ends the last line of events.jsonl where it is whole, and removes it where it was cut off. */
  async repairEvents(): Promise<void> {
    const file = this.file(EVENTS);
    if (!existsSync(file)) return;
    const bytes = await readFileOrThrow(file, "FILE_INVALID");
    const end = bytes.lastIndexOf("\n") + 1;
    if (end === bytes.length) return;
    if (isJson(bytes.toString("utf8", end))) appendFileSync(file, "\n");
    else await truncate(file, end);
  }

  async writeResults(results: Results): Promise<void> {
    await writeFileAtomically(this.file(RESULTS), formatResults(results));
  }

  /**
   * The results so far; undefined before the first task is done.
   *
   * @throws {ItamlError} FILE_INVALID where they aren't those that were stored with the last task
   */
  async readResults(): Promise<Results | undefined> {
    const file = this.file(RESULTS);
    const remedy = { remedy: await this.#resultsRemedy() };
    if (!existsSync(file)) {
      // After the first task its state is there for a moment without results.
      if (!existsSync(this.#taskFolder(1))) return undefined;
      throw new ItamlError("FILE_INVALID", "the results are missing", { where: file, ...remedy });
    }
    const results = parseResults(await readText(file), file, remedy);
    const copy = join(this.#taskFolder(results.tasks.length - 1), RESULTS);
    if (!existsSync(copy)) return results;
    if (isDeepStrictEqual(results, parseResults(await readText(copy), copy))) return results;
    throw new ItamlError("FILE_INVALID", "the results are not those of the run", {
      where: file,
      expected: `the content of ${copy}`,
      ...remedy,
    });
  }

  /**
   * The results as they were after a task; undefined where they weren't stored with it, as in runs of version 0.1.0.
   *
   * @throws {ItamlError} FILE_INVALID
   */
  async readResultsAfter(task: number): Promise<Results | undefined> {
    if (!(await this.#hasTaskFile(task, RESULTS))) return undefined;
    const { content, file } = await this.#readTaskFile(task, RESULTS);
    return parseResults(content.toString("utf8"), file, this.#trainAgain(task));
  }

  /** Stores the state after a task: a whole folder or none. */
  async saveTask(
    task: number,
    { model, memory, state, data, exemplars, results, origin }: TaskState,
    extractor: FeatureExtractor,
  ): Promise<void> {
    await this.refuseTakenOver();
    const files = {
      [DATA]: formatLearnedData(data),
      ...(exemplars && { [EXEMPLARS]: encodeKeptSamples(exemplars) }),
      [MODEL]: encodeModel(model, extractor),
      [MEMORY]: encodeMemory(memory),
      ...(state.size > 0 && { [STATE]: encodeLearnerState(state) }),
      [RESULTS]: formatResults(results),
      [ORIGIN]: `${JSON.stringify(origin, undefined, 2)}\n`,
    };
    await writeFolderAtomically(this.#taskFolder(task), {
      ...files,
      [CHECKSUMS]: formatChecksums(files),
    });
  }

  /**
   * The state after a task.
   *
   * @param samples number of training samples that indices of exemplars may point to
   * @param accept looks at where the state came from, before it is believed to be of this network
   * @throws {ItamlError} RUN_DIRECTORY, FILE_INVALID; whatever `accept` throws
   */
  async loadTask(
    task: number,
    { extractor, samples }: { extractor: FeatureExtractor; samples: number },
    accept: (origin: Origin, file: string) => void | Promise<void> = () => {},
  ): Promise<SavedLearner> {
    const folder = this.#taskFolder(task);
    const read = (name: string) => this.#readTaskFile(task, name);
    if (existsSync(join(folder, CHECKSUMS))) {
      const { content, file } = await read(ORIGIN);
      await accept(originSchema.parse(JSON.parse(content.toString("utf8"))), file);
    }
    const { content, file } = await read(MODEL);
    const model = decodeModel(content, extractor, file);
    if (model.classifiers.length !== task + 1) {
      throw new ItamlError("FILE_INVALID", "the model has a wrong number of tasks", {
        where: file,
        expected: String(task + 1),
        found: String(model.classifiers.length),
      });
    }
    const memory = await read(MEMORY);
    const state = (await this.#hasTaskFile(task, STATE)) ? await read(STATE) : undefined;
    return {
      model,
      memory: decodeMemory(memory.content.toString("utf8"), samples, memory.file),
      state: state
        ? decodeLearnerState(state.content, state.file, stateShapes(model, extractor))
        : new Map(),
    };
  }

  /**
   * What the state after a task came from; undefined where that isn't stored, as in runs of version 0.1.0.
   *
   * @throws {ItamlError} FILE_INVALID
   */
  async readOrigin(task: number): Promise<Origin | undefined> {
    const file = join(this.#taskFolder(task), ORIGIN);
    if (!existsSync(file)) return undefined;
    const text = await readText(file);
    const origin = isJson(text) ? originSchema.safeParse(JSON.parse(text)) : undefined;
    if (origin?.success) return origin.data;
    throw new ItamlError("FILE_INVALID", "not what a run came from", {
      where: file,
      ...this.#trainAgain(task),
    });
  }

  /**
   * What the learner knew of its data after a task; undefined where that isn't stored, as in runs of version 0.2 and before.
   *
   * @throws {ItamlError} FILE_INVALID
   */
  async readData(task: number): Promise<LearnedData | undefined> {
    if (!existsSync(join(this.#taskFolder(task), DATA))) return undefined;
    const { content, file } = await this.#readTaskFile(task, DATA);
    return parseLearnedData(content.toString("utf8"), file);
  }

  /** Whether a task's exemplars are stored, its own classes' when they were learned. */
  hasExemplars(task: number): boolean {
    return existsSync(join(this.#taskFolder(task), EXEMPLARS));
  }

  /** @throws {ItamlError} RUN_DIRECTORY, FILE_INVALID */
  async readExemplars(task: number): Promise<KeptSamples> {
    const { content, file } = await this.#readTaskFile(task, EXEMPLARS);
    return decodeKeptSamples(content, file);
  }

  /** What the run has become by what it was taught after its last task; there where it was. */
  get living(): string {
    return this.file(LIVING);
  }

  /** Removes the states of this task and of those after it. */
  async removeTasksFrom(task: number): Promise<void> {
    const folder = dirname(this.#taskFolder(0));
    if (!existsSync(folder)) return;
    for (const name of await readdir(folder)) {
      if (Number.parseInt(name, 10) >= task) {
        await rm(join(folder, name), { recursive: true, force: true });
      }
    }
  }

  /** How damaged results come back: from the last task whose copy of them is good. */
  async #resultsRemedy(): Promise<string> {
    const folder = dirname(this.#taskFolder(0));
    const names = existsSync(folder) ? (await readdir(folder)).sort().reverse() : [];
    for (const name of names.filter((text) => /^\d+$/.test(text))) {
      const file = join(folder, name, RESULTS);
      const sums = join(folder, name, CHECKSUMS);
      try {
        const content = await readFileOrThrow(file, "FILE_INVALID");
        verifyChecksum(await readText(sums), RESULTS, content, { file });
        return `Copy ${file} there: the results after task ${Number(name) + 1}`;
      } catch {
        // The one before it may be good.
      }
    }
    return "Start the run again in another directory";
  }

  #trainAgain(task: number) {
    return {
      remedy: "Train again from this task on with",
      command: ["itaml", "train", "--from-task", String(task + 1), "--out", this.path],
    };
  }

  /** A file of a task's folder, as its checksum says. */
  async #readTaskFile(task: number, name: string): Promise<{ content: Buffer; file: string }> {
    const folder = this.#taskFolder(task);
    const file = join(folder, name);
    const remedy = this.#trainAgain(task);
    if (!existsSync(file)) {
      throw new ItamlError("RUN_DIRECTORY", `the state after task ${task + 1} is missing`, {
        where: file,
        ...remedy,
      });
    }
    const content = await readFileOrThrow(file, "FILE_INVALID");
    // Runs of version 0.1.0 have no checksums and no origin.
    const sums = join(folder, CHECKSUMS);
    if (existsSync(sums)) {
      verifyChecksum(await readText(sums), name, content, { file, ...remedy });
    }
    return { content, file };
  }

  /** Whether a task has a file, or had it: one that is missing is refused when it is read. */
  async #hasTaskFile(task: number, name: string): Promise<boolean> {
    const folder = this.#taskFolder(task);
    const sums = join(folder, CHECKSUMS);
    if (existsSync(join(folder, name))) return true;
    return existsSync(sums) && (await readText(sums)).includes(`  ${name}\n`);
  }

  #taskFolder(task: number): string {
    return this.file(join("tasks", String(task).padStart(2, "0")));
  }
}

/** What a run directory keeps of a task. */
export interface TaskState extends SavedLearner {
  /** Of this task and those before it. */
  readonly results: Results;
  readonly origin: Origin;
  readonly data: LearnedData;
  /** Samples of the memory that the task brought; undefined where they are to stay in the data set. */
  readonly exemplars: KeptSamples | undefined;
}

const [CONFIG, EVENTS, RESULTS] = ["config.yaml", "events.jsonl", "results.json"];
const [MODEL, MEMORY, STATE] = ["model.safetensors", "memory.json", "learner.safetensors"];
const [ORIGIN, DATA, EXEMPLARS] = ["origin.json", "classes.json", "exemplars.safetensors"];

/** A saved classifier: what a run has become since its last task. */
export const LIVING = "living";

/** What a queue keeps of what a run says, in its directory. */
export const JOB_LOG = "job.log";

/** Where there is a lock alone, or a queue's log, a run was killed before it began. */
async function refuseContent(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const isDirectory = (await stat(path)).isDirectory();
  const harmless = (name: string) =>
    isOfLock(name) || name === JOB_LOG || (name !== CONFIG && withoutPartial(name) === CONFIG);
  if (isDirectory && (await readdir(path)).every(harmless)) return;
  const [summary, found] = isDirectory
    ? ["the run directory is not empty", "other files"]
    : ["the run directory is a file", "a file"];
  const another = "Choose another directory with --out";
  throw new ItamlError("RUN_DIRECTORY", summary, {
    where: path,
    expected: "an empty or a new directory",
    ...(existsSync(join(path, CONFIG))
      ? {
          remedy: `${another}, or continue the run in it`,
          command: ["itaml", "train", "--resume", "--out", path],
        }
      : { found, remedy: another }),
  });
}

/** The error of a path that is no run, with one beside it that may be meant. */
export async function noRun(path: string, found: string): Promise<ItamlError> {
  const siblings = await readdir(dirname(path)).catch(() => []);
  const nearest = nearestName(
    basename(path),
    siblings.filter((name) => name !== basename(path)),
  );
  return new ItamlError("RUN_DIRECTORY", "there is no run here", {
    where: path,
    expected: "a directory that itaml train made",
    found,
    ...didYouMean(nearest && join(dirname(path), nearest)),
  });
}

async function readConfigOf(path: string): Promise<Config> {
  const file = join(path, CONFIG);
  if (!existsSync(file)) {
    throw await noRun(path, existsSync(path) ? `no ${CONFIG} in it` : "no such directory");
  }
  const content = parseConfigText(await readText(file), file);
  // Runs of version 0.1.0 knew no other task prediction.
  const old = () => upgradeConfig({ taskPrediction: "logits", ...content });
  const parts = await loadNamedParts(content.plugins as string[] | undefined);
  const current = isOldConfig(content) ? old() : content;
  // Runs of version 0.3.0 and before had settings of training whatever the learner.
  return resolveConfig(withoutUnused(current, parts), file, parts);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function readText(file: string): Promise<string> {
  return (await readFileOrThrow(file, "FILE_INVALID", MAXIMUM_TEXT)).toString("utf8");
}

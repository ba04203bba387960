import { existsSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../data/make-folder.js";
import { readFileOrThrow } from "../data/read-file.js";
import { ItamlError } from "../errors.js";
import type { ExemplarMemory } from "../incremental/exemplar-memory.js";
import type { Model } from "../learners/model.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import { appendLine, writeFileAtomically } from "./atomic-file.js";
import { writeFolderAtomically } from "./atomic-folder.js";
import { type Config, formatConfig, parseConfigText, resolveConfig } from "./config.js";
import { decodeMemory, decodeModel, encodeMemory, encodeModel } from "./model-files.js";
import { parseResults, type Results } from "./results.js";

/** Bytes of a text file of a run; the largest have some megabytes. */
const MAXIMUM_TEXT = 2 ** 26;

/**
 * The directory of one run: config.yaml, events.jsonl, results.json, accuracy.svg, and tasks/NN with the model and
 * the memory after each task.
 */
export class RunDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Starts a new run.
   *
   * @throws {ItamlError} RUN_DIRECTORY where something is there already; DISK_FULL, NOT_WRITABLE
   */
  static async create(path: string, config: Config): Promise<RunDirectory> {
    if (existsSync(path) && (!(await stat(path)).isDirectory() || (await readdir(path)).length)) {
      throw new ItamlError("RUN_DIRECTORY", "the run directory is not empty", {
        where: path,
        expected: "an empty or a new directory",
        remedy: "Continue the run with --resume, or choose another directory with --out",
      });
    }
    const made = await makeFolder(path);
    const directory = new RunDirectory(path);
    try {
      await writeFileAtomically(directory.file("config.yaml"), formatConfig(config));
    } catch (error) {
      if (made !== undefined) await rm(made, { recursive: true, force: true });
      throw error;
    }
    return directory;
  }

  /**
   * Opens a run that was started before.
   *
   * @throws {ItamlError} RUN_DIRECTORY where there is none
   */
  static async open(path: string): Promise<{ directory: RunDirectory; config: Config }> {
    const directory = new RunDirectory(path);
    const file = directory.file("config.yaml");
    if (!existsSync(file)) {
      throw new ItamlError("RUN_DIRECTORY", "there is no run here", {
        where: path,
        expected: "a directory with config.yaml, as itaml train makes it",
        found: existsSync(path) ? "a directory without it" : "no such directory",
      });
    }
    const text = (await readFileOrThrow(file, "FILE_INVALID", MAXIMUM_TEXT)).toString();
    return { directory, config: resolveConfig(parseConfigText(text, file), file) };
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Adds a line to events.jsonl. */
  logEvent(event: { kind: string } & Record<string, unknown>): void {
    const line = JSON.stringify({ time: new Date().toISOString(), ...event });
    appendLine(this.file("events.jsonl"), line);
  }

  async writeResults(results: Results): Promise<void> {
    await writeFileAtomically(
      this.file("results.json"),
      `${JSON.stringify(results, undefined, 2)}\n`,
    );
  }

  /** The results so far; undefined before the first task is done. */
  async readResults(): Promise<Results | undefined> {
    const file = this.file("results.json");
    if (!existsSync(file)) return undefined;
    const bytes = await readFileOrThrow(file, "FILE_INVALID", MAXIMUM_TEXT);
    return parseResults(bytes.toString(), file);
  }

  /** Stores the state after a task: a whole folder or none. */
  async saveTask(
    task: number,
    model: Model,
    memory: ExemplarMemory,
    extractor: FeatureExtractor,
  ): Promise<void> {
    await writeFolderAtomically(this.#taskFolder(task), {
      "model.safetensors": encodeModel(model, extractor),
      "memory.json": encodeMemory(memory),
    });
  }

  /**
   * The state after a task.
   *
   * @param samples number of training samples of the data set
   * @throws {ItamlError} RUN_DIRECTORY, FILE_INVALID
   */
  async loadTask(
    task: number,
    extractor: FeatureExtractor,
    samples: number,
  ): Promise<{ model: Model; memory: ExemplarMemory }> {
    const modelFile = join(this.#taskFolder(task), "model.safetensors");
    const memoryFile = join(this.#taskFolder(task), "memory.json");
    for (const file of [modelFile, memoryFile]) {
      if (existsSync(file)) continue;
      throw new ItamlError("RUN_DIRECTORY", `the state after task ${task} is missing`, {
        where: file,
        remedy: "Continue from an earlier task with --from-task",
      });
    }
    const bytes = await readFileOrThrow(modelFile, "FILE_INVALID");
    const model = decodeModel(bytes, extractor, modelFile);
    if (model.classifiers.length !== task + 1) {
      throw new ItamlError("FILE_INVALID", "the model has a wrong number of tasks", {
        where: modelFile,
        expected: String(task + 1),
        found: String(model.classifiers.length),
      });
    }
    const text = (await readFileOrThrow(memoryFile, "FILE_INVALID", MAXIMUM_TEXT)).toString();
    const memory = decodeMemory(text, samples, memoryFile);
    return { model, memory };
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

  #taskFolder(task: number): string {
    return this.file(join("tasks", String(task).padStart(2, "0")));
  }
}

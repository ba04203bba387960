import { appendFileSync, existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ItamlError } from "../errors.js";
import type { ExemplarMemory } from "../incremental/exemplar-memory.js";
import type { Model } from "../learners/model.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import { writeFileAtomically } from "./atomic-file.js";
import { type Config, formatConfig, parseConfigText, resolveConfig } from "./config.js";
import { decodeMemory, decodeModel, encodeMemory, encodeModel } from "./model-files.js";
import { parseResults, type Results } from "./results.js";

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
   * @throws {ItamlError} RUN_DIRECTORY where something is there already
   */
  static async create(path: string, config: Config): Promise<RunDirectory> {
    if (existsSync(path) && (!(await stat(path)).isDirectory() || (await readdir(path)).length)) {
      throw new ItamlError("RUN_DIRECTORY", "the run directory is not empty", {
        where: path,
        expected: "an empty or a new directory",
        remedy: "Continue the run with --resume, or choose another directory with --out",
      });
    }
    await mkdir(path, { recursive: true });
    const directory = new RunDirectory(path);
    await writeFileAtomically(directory.file("config.yaml"), formatConfig(config));
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
    const text = await readFile(file, "utf8");
    return { directory, config: resolveConfig(parseConfigText(text, file), file) };
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Adds a line to events.jsonl. */
  logEvent(event: { kind: string } & Record<string, unknown>): void {
    const line = JSON.stringify({ time: new Date().toISOString(), ...event });
    appendFileSync(this.file("events.jsonl"), `${line}\n`);
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
    return existsSync(file) ? parseResults(await readFile(file, "utf8"), file) : undefined;
  }

  /** Stores the state after a task: a whole folder or none. */
  async saveTask(
    task: number,
    model: Model,
    memory: ExemplarMemory,
    extractor: FeatureExtractor,
  ): Promise<void> {
    const folder = this.#taskFolder(task);
    const partial = `${folder}.partial`;
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    await writeFileAtomically(join(partial, "model.safetensors"), encodeModel(model, extractor));
    await writeFileAtomically(join(partial, "memory.json"), encodeMemory(memory));
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
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
    const model = decodeModel(await readFile(modelFile), extractor, modelFile);
    if (model.classifiers.length !== task + 1) {
      throw new ItamlError("FILE_INVALID", "the model has a wrong number of tasks", {
        where: modelFile,
        expected: String(task + 1),
        found: String(model.classifiers.length),
      });
    }
    const memory = decodeMemory(await readFile(memoryFile, "utf8"), samples, memoryFile);
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

import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ItamlError } from "../base/errors.js";
import { writeFileAtomically } from "../files/atomic-file.js";
import { makeFolder } from "../files/make-folder.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.js";
import type { Origin } from "./origin.js";

/** How many are kept: the newest, and one to go back to. */
const KEPT = 2;

const NAME = /^task(\d+)-epoch(\d+)-batch(\d+)\.safetensors$/;

/** The checkpoints of the task that a run is at: files named by their position, such as task02-epoch013-batch00000. */
export class CheckpointFolder {
  readonly #path: string;
  readonly #damaged = new Set<string>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Stores a checkpoint, and removes all but the last two good ones. */
  async save(checkpoint: Checkpoint, extractor: FeatureExtractor): Promise<void> {
    const { task, position } = checkpoint.training;
    const bytes = encodeCheckpoint(checkpoint, extractor);
    const name =
      `task${String(task).padStart(2, "0")}-epoch${String(position.epoch).padStart(3, "0")}` +
      `-batch${String(position.batch).padStart(5, "0")}.safetensors`;
    await makeFolder(this.#path);
    await writeFileAtomically(join(this.#path, name), bytes);
    this.#damaged.delete(name);
    const good = (await this.#names()).filter((other) => !this.#damaged.has(other));
    const kept = [name, ...good.filter((other) => other !== name).slice(0, KEPT - 1)];
    for (const other of await readdir(this.#path)) {
      if (!kept.includes(other)) await rm(join(this.#path, other), { force: true });
    }
  }

  /** The path of the newest one. */
  async newest(): Promise<string | undefined> {
    const [name] = await this.#names();
    return name && join(this.#path, name);
  }

  /**
   * Reads the newest checkpoint of a task that is not damaged.
   *
   * @param accept looks at where it came from
   * @param onDamage is told of each one that is passed over
   * @returns undefined where there is none
   */
  async load(
    task: number,
    extractor: FeatureExtractor,
    accept: (origin: Origin, file: string) => void | Promise<void>,
    onDamage: (error: ItamlError) => void,
  ): Promise<Checkpoint | undefined> {
    for (const name of await this.#names()) {
      if (Number(NAME.exec(name)?.[1]) !== task) continue;
      const file = join(this.#path, name);
      try {
        return await decodeCheckpoint(await readFile(file), extractor, file, (origin) =>
          accept(origin, file),
        );
      } catch (error) {
        if (!(error instanceof ItamlError) || error.code !== "FILE_INVALID") throw error;
        this.#damaged.add(name);
        onDamage(error);
      }
    }
    return undefined;
  }

  async clear(): Promise<void> {
    await rm(this.#path, { recursive: true, force: true });
  }

  /** The newest first. */
  async #names(): Promise<string[]> {
    if (!existsSync(this.#path)) return [];
    const position = (name: string) => (NAME.exec(name) ?? []).slice(1).map(Number);
    return (await readdir(this.#path))
      .filter((name) => NAME.test(name))
      .sort((a, b) => {
        const [mine, other] = [position(a), position(b)];
        const axis = mine.findIndex((value, i) => value !== other[i]);
        return (other[axis] ?? 0) - (mine[axis] ?? 0);
      });
  }
}

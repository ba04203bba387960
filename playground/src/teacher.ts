import {
  type Classification,
  keepClassifier,
  keptClassifier,
  type Label,
  WorkerClassifier,
  type WorkerClassifierOptions,
} from "../../src/web.js";
import { type Sample, SIDE } from "./sample.js";

const OPTIONS: WorkerClassifierOptions = {
  ...{ inputShape: [1, SIDE, SIDE], mean: [0.12], std: [0.26], seed: 1 },
  network: { name: "mlp", hidden: [200, 200] },
  memory: 400,
  // Each of the two has a worker; more threads would be in one another's way.
  threads: 1,
};
/** The same network with no memory; its gradients, of all classes at once, are larger. */
const FORGETFUL: WorkerClassifierOptions = {
  ...OPTIONS,
  ...{ memory: undefined, learner: "finetuning", settings: { learningRate: 0.01 } },
};
const NAMES = { remembers: "playground", forgets: "playground without memory" } as const;

/** Which of the two. */
export type Which = keyof typeof NAMES;

function newWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

/** A classifier that remembers, and beside it one that forgets, each in a worker of its own. */
export class Teacher {
  readonly #both: Record<Which, WorkerClassifier>;

  private constructor(both: Record<Which, WorkerClassifier>) {
    this.#both = both;
  }

  /** As they were when the page was last open, or new. */
  static async open(): Promise<Teacher> {
    const [remembers, forgets] = await Promise.all([
      openKept(NAMES.remembers, OPTIONS),
      openKept(NAMES.forgets, FORGETFUL),
    ]);
    return new Teacher({ remembers, forgets });
  }

  get tasks(): readonly (readonly Label[])[] {
    return this.#both.remembers.tasks;
  }

  /** @param onProgress the share of the work that is done, 0..1 */
  async learn(
    samples: { images: Sample[]; labels: string[] },
    onProgress: (done: number) => void,
  ): Promise<void> {
    const done = { remembers: 0, forgets: 0 };
    await Promise.all(
      (["remembers", "forgets"] as const).map((which) =>
        this.#both[which].learn(samples, {
          onProgress: (progress) => {
            if (progress.kind !== "epoch") return;
            done[which] = (progress.epoch + 1) / progress.epochs;
            onProgress((done.remembers + done.forgets) / 2);
          },
        }),
      ),
    );
    await this.keep();
  }

  async keep(): Promise<void> {
    for (const which of ["remembers", "forgets"] as const) {
      await keepClassifier(NAMES[which], await this.#both[which].toFiles());
    }
  }

  /** One by one. */
  each(which: Which, images: Sample[]): Promise<Label[]> {
    return this.#both[which].classifyEach(images);
  }

  /** Together, of one unknown task. */
  group(images: Sample[]): Promise<Classification> {
    return this.#both.remembers.classify(images);
  }

  sure(images: Sample[]): Promise<{ label: Label; confidence: number }[]> {
    return this.#both.remembers.classifyWithConfidence(images);
  }

  toOnnx(): Promise<Uint8Array> {
    return this.#both.remembers.toOnnx();
  }

  toFiles() {
    return this.#both.remembers.toFiles();
  }

  release(): void {
    for (const classifier of Object.values(this.#both)) classifier.release();
  }
}

async function openKept(name: string, options: WorkerClassifierOptions): Promise<WorkerClassifier> {
  const files = await keptClassifier(name);
  return files
    ? WorkerClassifier.fromFiles(newWorker(), files, { threads: 1 })
    : WorkerClassifier.create(newWorker(), options);
}

/** Puts a classifier that was saved elsewhere in the place of the kept one. */
export async function putInPlace(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await keepClassifier(NAMES.remembers, files);
}

export { NAMES };

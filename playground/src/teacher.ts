import {
  type Classification,
  ItamlError,
  type Label,
  WorkerClassifier,
  type WorkerClassifierOptions,
} from "../../src/web.js";
import { DESCRIPTION } from "./archive.js";
import { ifOurs } from "./keeping.js";
import type { Kind } from "./kind.js";
import { inputOf, type Sample, SIDE } from "./sample.js";

const DRAWINGS: WorkerClassifierOptions = {
  ...{ inputShape: [1, SIDE, SIDE], mean: [0.12], std: [0.26], seed: 1 },
  network: { name: "mlp", hidden: [200, 200] },
  memory: 400,
  // Each of the two has a worker; more threads would be in one another's way.
  threads: 1,
};
/** A last layer on the features of another network, which needs no memory: docs/sums.md. */
const PHOTOGRAPHS: WorkerClassifierOptions = {
  ...{ inputShape: [576], inputType: "float32", seed: 1, threads: 1 },
  ...{ network: "identity", learner: "ridge" },
};
/** The same network with no memory; its gradients, of all classes at once, are larger. */
const FORGETFUL = {
  ...{ memory: undefined, learner: "finetuning", settings: { learningRate: 0.01 } },
} as const;
const OPTIONS = {
  drawings: { remembers: DRAWINGS, forgets: { ...DRAWINGS, ...FORGETFUL } },
  photographs: { remembers: PHOTOGRAPHS, forgets: { ...PHOTOGRAPHS, ...FORGETFUL } },
};
/** Under which they are kept. */
export const NAMES = {
  drawings: { remembers: "playground", forgets: "playground without memory" },
  photographs: { remembers: "photographs", forgets: "photographs without memory" },
} as const;
const BOTH = ["remembers", "forgets"] as const;

/** Which of the two. */
export type Which = (typeof BOTH)[number];

function newWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

/** A classifier that remembers, and beside it one that forgets, each in a worker of its own. */
export class Teacher {
  readonly #both: Record<Which, WorkerClassifier>;
  readonly #kind: Kind;

  private constructor(kind: Kind, both: Record<Which, WorkerClassifier>) {
    this.#kind = kind;
    this.#both = both;
  }

  /** As they were when the page was last open, or new. */
  static async open(kind: Kind): Promise<Teacher> {
    const both = await openBoth(async (which, worker) => {
      const name = NAMES[kind][which];
      const kept = () => WorkerClassifier.fromKept(worker, name, { threads: 1 });
      return (await ifOurs(kept)) ?? (await WorkerClassifier.create(worker, OPTIONS[kind][which]));
    });
    return new Teacher(kind, both);
  }

  /**
   * One that was saved elsewhere, and beside it a new one that forgets. Neither is kept yet.
   *
   * @throws {ItamlError} FILE_INVALID, also where it takes other samples than those of this kind
   */
  static async load(kind: Kind, files: ReadonlyMap<string, Uint8Array>): Promise<Teacher> {
    const both = await openBoth(async (which, worker) => {
      const options = OPTIONS[kind][which];
      if (which === "forgets") return await WorkerClassifier.create(worker, options);
      const loaded = await WorkerClassifier.fromFiles(worker, files, { threads: 1 });
      refuseOtherSamples(files, options);
      return loaded;
    });
    return new Teacher(kind, both);
  }

  get tasks(): readonly (readonly Label[])[] {
    return this.#both.remembers.tasks;
  }

  /** @param onProgress the share of the work that is done, 0..1 */
  async learn(
    samples: { images: Sample[]; labels: string[] },
    onProgress: (done: number) => void,
  ): Promise<void> {
    const given = { images: samples.images.map(inputOf), labels: samples.labels };
    const done = { remembers: 0, forgets: 0 };
    await Promise.all(
      BOTH.map((which) =>
        this.#both[which].learn(given, {
          onProgress: (progress) => {
            if (progress.kind !== "epoch") return;
            done[which] = (progress.epoch + 1) / progress.epochs;
            onProgress((done.remembers + done.forgets) / 2);
          },
        }),
      ),
    );
  }

  async forget(label: Label): Promise<void> {
    // One that was loaded knows classes that the other was never taught.
    const knowing = BOTH.filter((which) => this.#both[which].tasks.flat().includes(label));
    await Promise.all(knowing.map((which) => this.#both[which].forget(label)));
  }

  /** In place of those that were kept before. */
  async keep(): Promise<void> {
    for (const which of BOTH) await this.#both[which].keep(NAMES[this.#kind][which]);
  }

  /** One by one. */
  each(which: Which, samples: readonly Sample[]): Promise<Label[]> {
    return this.#both[which].classifyEach(samples.map(inputOf));
  }

  /** Together, of one unknown task. */
  group(samples: readonly Sample[]): Promise<Classification> {
    return this.#both.remembers.classify(samples.map(inputOf));
  }

  sure(samples: readonly Sample[]): Promise<{ label: Label; confidence: number }[]> {
    return this.#both.remembers.classifyWithConfidence(samples.map(inputOf));
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

/** Opens each in a worker of its own; where that fails, both workers are ended. */
async function openBoth(
  open: (which: Which, worker: Worker) => Promise<WorkerClassifier>,
): Promise<Record<Which, WorkerClassifier>> {
  const workers = { remembers: newWorker(), forgets: newWorker() };
  try {
    const [remembers, forgets] = await Promise.all([
      open("remembers", workers.remembers),
      open("forgets", workers.forgets),
    ]);
    return { remembers, forgets };
  } catch (error) {
    for (const worker of Object.values(workers)) worker.terminate();
    throw error;
  }
}

/**
 * @param files of a classifier that was opened
 * @throws {ItamlError} FILE_INVALID
 */
function refuseOtherSamples(
  files: ReadonlyMap<string, Uint8Array>,
  expected: WorkerClassifierOptions,
): void {
  const { options } = JSON.parse(new TextDecoder().decode(files.get(DESCRIPTION)));
  if (samplesOf(options) === samplesOf(expected)) return;
  throw new ItamlError("FILE_INVALID", "the classifier takes other samples", {
    expected: samplesOf(expected),
    found: samplesOf(options),
  });
}

function samplesOf({ inputShape, inputType = "uint8" }: WorkerClassifierOptions): string {
  return `${inputType} [${inputShape.join(", ")}]`;
}

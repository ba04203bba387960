import { proxy, type Remote, wrap } from "comlink";
import { ItamlError } from "../base/errors.js";
import type { PortableOptions } from "../classifier/classifier-options.js";
import type { KnownClass } from "../classifier/history.js";
import type { Images } from "../classifier/images.js";
import type { Classification } from "../classifier/incremental-classifier.js";
import type { Label } from "../classifier/labels.js";
import type { ClassifierFiles } from "../classifier/saved-classifier.js";
import type { LearnHooks } from "../model/progress.js";
import { type Answer, unwrap } from "./answers.js";
import type { ClassifierService } from "./classifier-service.js";
import type { WebRuntimeOptions } from "./onnxruntime-web.js";

/** Options that a message can carry: parts by their names and settings alone. */
export type WorkerClassifierOptions = Omit<PortableOptions, "parts"> & WebRuntimeOptions;

/**
 * A classifier that lives in a Web Worker, so that the page never stands still: the calls and the errors are those of
 * `IncrementalClassifier`.
 */
export class WorkerClassifier {
  readonly #worker: Worker;
  readonly #service: Remote<ClassifierService>;
  readonly #ended: Promise<never>;
  #tasks: readonly (readonly Label[])[] = [];
  #released = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#service = wrap<ClassifierService>(worker);
    this.#ended = new Promise((_, reject) => {
      worker.addEventListener("error", ({ message, filename }) => {
        const problem = { where: filename || "the worker's script", found: message || "an error" };
        reject(new ItamlError("DEVICE_UNAVAILABLE", "the worker doesn't run", problem));
      });
    });
    this.#ended.catch(() => {});
  }

  /**
   * A classifier that knows nothing yet.
   *
   * @param worker one that calls `serveClassifier`, for this classifier alone
   * @throws {ItamlError} as `IncrementalClassifier.create`; DEVICE_UNAVAILABLE where the worker's script can't be run
   */
  static async create(worker: Worker, options: WorkerClassifierOptions): Promise<WorkerClassifier> {
    const { threads, wasmPaths, ...portable } = options;
    const classifier = new WorkerClassifier(worker);
    await classifier.#ask((service) => service.create(portable, { threads, wasmPaths }));
    return classifier;
  }

  /**
   * Reads what {@link toFiles} gave, here or in Node.
   *
   * @throws {ItamlError} as `IncrementalClassifier.fromFiles`; DEVICE_UNAVAILABLE
   */
  static async fromFiles(
    worker: Worker,
    files: ClassifierFiles,
    runtime: WebRuntimeOptions = {},
  ): Promise<WorkerClassifier> {
    const classifier = new WorkerClassifier(worker);
    await classifier.#ask((service) => service.open(files, runtime));
    classifier.#tasks = await classifier.#ask((service) => service.tasks());
    return classifier;
  }

  /** Labels of each task, in the order of learning. */
  get tasks(): readonly (readonly Label[])[] {
    return this.#tasks;
  }

  async learn(
    samples: { images: Images; labels: readonly Label[] },
    { onProgress, signal }: LearnHooks = {},
  ): Promise<void> {
    const stop = () => void this.#service.stop();
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    try {
      const report = onProgress && proxy(onProgress);
      this.#tasks = await this.#ask((service) => service.learn(samples, report));
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  async forget(...labels: Label[]): Promise<void> {
    this.#tasks = await this.#ask((service) => service.forget(labels));
  }

  classes(): Promise<KnownClass[]> {
    return this.#ask((service) => service.classes());
  }

  classify(images: Images): Promise<Classification> {
    return this.#ask((service) => service.classify(images));
  }

  classifyEach(images: Images): Promise<Label[]> {
    return this.#ask((service) => service.classifyEach(images));
  }

  classifyWithConfidence(images: Images): Promise<{ label: Label; confidence: number }[]> {
    return this.#ask((service) => service.classifyWithConfidence(images));
  }

  classifyMixed(images: Images): Promise<{ tasks: number[]; labels: Label[] }> {
    return this.#ask((service) => service.classifyMixed(images));
  }

  toFiles(): Promise<ClassifierFiles> {
    return this.#ask((service) => service.toFiles());
  }

  toOnnx(): Promise<Uint8Array> {
    return this.#ask((service) => service.toOnnx());
  }

  /** Ends the worker, and with it what it does: WebAssembly's memory is given back in no other way. */
  release(): void {
    this.#released = true;
    this.#worker.terminate();
  }

  async #ask<T>(call: (service: Remote<ClassifierService>) => Promise<Answer<T>>): Promise<T> {
    if (this.#released) {
      throw new ItamlError("RELEASED", "the classifier was released", {
        remedy: "Open it again, or release it later",
      });
    }
    return await Promise.race([unwrap(call(this.#service)), this.#ended]);
  }
}

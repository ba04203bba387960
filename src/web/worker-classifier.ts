import { proxy } from "comlink";
import type { PortableOptions } from "../classifier/classifier-options.js";
import type { KnownClass } from "../classifier/history.js";
import type { Images } from "../classifier/images.js";
import type { Classification } from "../classifier/incremental-classifier.js";
import type { Label } from "../classifier/labels.js";
import type { ClassifierFiles } from "../classifier/saved-classifier.js";
import { type LearnHooks, throwIfAborted } from "../model/progress.js";
import type { ClassifierService } from "./classifier-service.js";
import { Listener } from "./listener.js";
import type { WebRuntimeOptions } from "./onnxruntime-web.js";
import { WorkerLink } from "./worker-link.js";

/** Options that a message can carry: parts by their names and settings alone. */
export type WorkerClassifierOptions = Omit<PortableOptions, "parts"> & WebRuntimeOptions;

/**
 * A classifier that lives in a Web Worker, so that the page never stands still: the calls and the errors are those of
 * `IncrementalClassifier`.
 */
export class WorkerClassifier {
  readonly #link: WorkerLink<ClassifierService>;
  #tasks: readonly (readonly Label[])[] = [];
  /** How many were asked for: the number of the next one. */
  #learnings = 0;

  private constructor(worker: Worker) {
    this.#link = new WorkerLink(worker, "classifier");
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
    await classifier.#link.ask((service) => service.create(portable, { threads, wasmPaths }));
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
    await classifier.#link.ask((service) => service.open(files, runtime));
    classifier.#tasks = await classifier.#link.ask((service) => service.tasks());
    return classifier;
  }

  /**
   * Reads what {@link keep} kept under a name.
   *
   * @returns undefined where nothing was: the worker is free for another
   * @throws {ItamlError} as `IncrementalClassifier.fromFiles`; DEVICE_UNAVAILABLE
   */
  static async fromKept(
    worker: Worker,
    name: string,
    runtime: WebRuntimeOptions = {},
  ): Promise<WorkerClassifier | undefined> {
    const classifier = new WorkerClassifier(worker);
    if (!(await classifier.#link.ask((service) => service.openKept(name, runtime))))
      return undefined;
    classifier.#tasks = await classifier.#link.ask((service) => service.tasks());
    return classifier;
  }

  /** Labels of each task, in the order of learning. */
  get tasks(): readonly (readonly Label[])[] {
    return this.#tasks;
  }

  /**
   * As `IncrementalClassifier.learn`. Where `onProgress` throws, learning is stopped and rejects with what was thrown: the
   * classifier is as it was before, unless all was learned when the page heard of it, which {@link tasks} says.
   *
   * @throws {ItamlError} as `IncrementalClassifier.learn`; DEVICE_UNAVAILABLE
   */
  async learn(
    samples: { images: Images; labels: readonly Label[] },
    { onProgress, signal }: LearnHooks = {},
  ): Promise<void> {
    const id = this.#learnings++;
    // Where the worker was ended meanwhile, nothing answers.
    const stop = () => void this.#link.service.stop(id);
    const told = onProgress && new Listener(onProgress, stop);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      this.#tasks = await this.#link.ask((service) => {
        throwIfAborted(signal);
        return service.learn(id, samples, told && proxy(told.hear));
      });
    } catch (error) {
      told?.rethrow();
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
    told?.rethrow();
  }

  async forget(...labels: Label[]): Promise<void> {
    this.#tasks = await this.#link.ask((service) => service.forget(labels));
  }

  classes(): Promise<KnownClass[]> {
    return this.#link.ask((service) => service.classes());
  }

  classify(images: Images): Promise<Classification> {
    return this.#link.ask((service) => service.classify(images));
  }

  classifyEach(images: Images): Promise<Label[]> {
    return this.#link.ask((service) => service.classifyEach(images));
  }

  classifyWithConfidence(images: Images): Promise<{ label: Label; confidence: number }[]> {
    return this.#link.ask((service) => service.classifyWithConfidence(images));
  }

  classifyMixed(images: Images): Promise<{ tasks: number[]; labels: Label[] }> {
    return this.#link.ask((service) => service.classifyMixed(images));
  }

  /**
   * As `keepClassifier`, without the page, which its bytes would make stand still.
   *
   * @throws {DOMException} QuotaExceededError
   */
  keep(name: string): Promise<void> {
    return this.#link.ask((service) => service.keep(name));
  }

  toFiles(): Promise<ClassifierFiles> {
    return this.#link.ask((service) => service.toFiles());
  }

  toOnnx(): Promise<Uint8Array> {
    return this.#link.ask((service) => service.toOnnx());
  }

  /** Ends the worker, and with it what it does: WebAssembly's memory is given back in no other way. */
  release(): void {
    this.#link.release();
  }
}

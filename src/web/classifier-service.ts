import { expose } from "comlink";
import type { PortableOptions } from "../classifier/classifier-options.js";
import type { Images } from "../classifier/images.js";
import { IncrementalClassifier, type OpenOptions } from "../classifier/incremental-classifier.js";
import type { Label } from "../classifier/labels.js";
import type { ClassifierFiles } from "../classifier/saved-classifier.js";
import type { Progress } from "../model/progress.js";
import { answer } from "./answers.js";
import { createWebRuntime, type WebRuntimeOptions } from "./onnxruntime-web.js";
import { keepClassifier, keptClassifier } from "./storage.js";

/** What a worker does for a page: the calls of {@link IncrementalClassifier}, of one classifier. */
export class ClassifierService {
  readonly #createRuntime: typeof createWebRuntime;
  #classifier: IncrementalClassifier | undefined;
  /** What stops each learning that was asked for and isn't done, by the page's number of it. */
  readonly #learning = new Map<number, AbortController>();

  constructor(createRuntime: typeof createWebRuntime) {
    this.#createRuntime = createRuntime;
  }

  create(options: PortableOptions, runtime: WebRuntimeOptions) {
    return answer(async () => {
      const made = { ...options, runtime: this.#createRuntime(runtime) };
      this.#classifier = await IncrementalClassifier.create(made);
    });
  }

  open(files: ClassifierFiles, runtime: WebRuntimeOptions) {
    return answer(() => this.#open(files, runtime));
  }

  /** @returns whether there is one of that name */
  openKept(name: string, runtime: WebRuntimeOptions) {
    return answer(async () => {
      const files = await keptClassifier(name);
      if (files) await this.#open(files, runtime);
      return files !== undefined;
    });
  }

  keep(name: string) {
    return answer(async () => keepClassifier(name, await this.#own.toFiles()));
  }

  tasks() {
    return answer(async () => this.#own.tasks);
  }

  /**
   * @param id the page's number of this learning, for {@link stop}
   * @returns the tasks, when the page has heard of all progress
   */
  learn(
    id: number,
    samples: { images: Images; labels: readonly Label[] },
    onProgress?: (progress: Progress) => void | Promise<void>,
  ) {
    const stop = new AbortController();
    this.#learning.set(id, stop);
    // Messages are heard in their order: the last one after all others.
    let heard: void | Promise<void>;
    const report = (progress: Progress) => {
      heard = onProgress?.(progress);
    };
    return answer(async () => {
      try {
        await this.#own.learn(samples, { onProgress: report, signal: stop.signal });
        return this.#own.tasks;
      } finally {
        this.#learning.delete(id);
        await heard;
      }
    });
  }

  forget(labels: readonly Label[]) {
    return answer(async () => {
      await this.#own.forget(...labels);
      return this.#own.tasks;
    });
  }

  classes() {
    return answer(async () => this.#own.classes());
  }

  /** Stops a learning, after its mini-batch or before it begins; nothing where it is done. */
  stop(id: number) {
    this.#learning.get(id)?.abort();
  }

  classify(images: Images) {
    return answer(() => this.#own.classify(images));
  }

  classifyEach(images: Images) {
    return answer(() => this.#own.classifyEach(images));
  }

  classifyWithConfidence(images: Images) {
    return answer(() => this.#own.classifyWithConfidence(images));
  }

  classifyMixed(images: Images) {
    return answer(() => this.#own.classifyMixed(images));
  }

  toFiles() {
    return answer(() => this.#own.toFiles());
  }

  toOnnx() {
    return answer(() => this.#own.toOnnx());
  }

  async #open(files: ClassifierFiles, runtime: WebRuntimeOptions): Promise<void> {
    const options: OpenOptions = { runtime: this.#createRuntime(runtime) };
    this.#classifier = await IncrementalClassifier.fromFiles(files, options);
  }

  get #own(): IncrementalClassifier {
    return this.#classifier as IncrementalClassifier;
  }
}

/**
 * Makes a worker what {@link WorkerClassifier} speaks to: all that the worker's script has to call.
 *
 * @param createRuntime what runs its graphs: `createWebgpuRuntime` of `itaml/webgpu`, for example. Default: WebAssembly
 */
export function serveClassifier(createRuntime = createWebRuntime): void {
  expose(new ClassifierService(createRuntime));
}

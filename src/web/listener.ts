import type { Progress } from "../model/progress.js";

/** What hears of progress for a page. What the page throws stays here: in the worker it would be nobody's. */
export class Listener {
  readonly #onProgress: (progress: Progress) => void;
  readonly #stop: () => void;
  #thrown: { readonly error: unknown } | undefined;

  /** @param stop is called when the page throws, after which it hears nothing more */
  constructor(onProgress: (progress: Progress) => void, stop: () => void) {
    this.#onProgress = onProgress;
    this.#stop = stop;
  }

  readonly hear = (progress: Progress): void => {
    if (this.#thrown) return;
    try {
      this.#onProgress(progress);
    } catch (error) {
      this.#thrown = { error };
      this.#stop();
    }
  };

  /** @throws what the page threw, if it did */
  rethrow(): void {
    if (this.#thrown) throw this.#thrown.error;
  }
}

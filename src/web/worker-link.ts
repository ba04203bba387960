import { type Remote, wrap } from "comlink";
import { ItamlError } from "../base/errors.js";
import { type Answer, unwrap } from "./answers.js";

/** A service in a worker that answers, until it is ended. */
export class WorkerLink<Service> {
  readonly service: Remote<Service>;
  readonly #worker: Worker;
  readonly #what: string;
  readonly #ended: Promise<never>;
  #released = false;

  /** @param what the worker is, for messages */
  constructor(worker: Worker, what: string) {
    this.#worker = worker;
    this.#what = what;
    this.service = wrap<Service>(worker);
    this.#ended = new Promise((_, reject) => {
      worker.addEventListener("error", ({ message, filename }) => {
        const problem = { where: filename || "the worker's script", found: message || "an error" };
        reject(new ItamlError("DEVICE_UNAVAILABLE", "the worker doesn't run", problem));
      });
    });
    this.#ended.catch(() => {});
  }

  /** @throws {ItamlError} what the service throws, RELEASED, DEVICE_UNAVAILABLE where the worker's script can't be run */
  async ask<T>(call: (service: Remote<Service>) => Promise<Answer<T>>): Promise<T> {
    if (this.#released) {
      throw new ItamlError("RELEASED", `the ${this.#what} was released`, {
        remedy: "Open it again, or release it later",
      });
    }
    return await Promise.race([unwrap(call(this.service)), this.#ended]);
  }

  /** Ends the worker, and with it what it does: WebAssembly's memory is given back in no other way. */
  release(): void {
    this.#released = true;
    this.#worker.terminate();
  }
}

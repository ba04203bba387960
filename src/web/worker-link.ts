import { type Remote, wrap } from "comlink";
import { ItamlError } from "../base/errors.js";
import { type Answer, unwrap } from "./answers.js";

/** A service in a worker that answers, until it is ended. */
export class WorkerLink<Service> {
  readonly service: Remote<Service>;
  readonly #worker: Worker;
  readonly #what: string;
  /** What refuses each call under way. A promise for all of them would keep every answer as long as it waits itself. */
  readonly #underWay = new Set<(why: ItamlError) => void>();
  #ended: ItamlError | undefined;

  /** @param what the worker is, for messages */
  constructor(worker: Worker, what: string) {
    this.#worker = worker;
    this.#what = what;
    this.service = wrap<Service>(worker);
    worker.addEventListener("error", ({ message, filename }) => {
      const problem = { where: filename || "the worker's script", found: message || "an error" };
      this.#end(new ItamlError("DEVICE_UNAVAILABLE", "the worker doesn't run", problem));
    });
  }

  /** @throws {ItamlError} what the service throws, RELEASED, DEVICE_UNAVAILABLE where the worker's script can't be run */
  async ask<T>(call: (service: Remote<Service>) => Promise<Answer<T>>): Promise<T> {
    if (this.#ended) throw this.#ended;
    let refuse = (_why: ItamlError) => {};
    const ended = new Promise<never>((_, reject) => {
      refuse = reject;
    });
    this.#underWay.add(refuse);
    try {
      return await Promise.race([unwrap(call(this.service)), ended]);
    } finally {
      this.#underWay.delete(refuse);
    }
  }

  /**
   * Ends the worker, and with it what it does: WebAssembly's memory is given back in no other way. Calls under way are
   * refused with RELEASED.
   */
  release(): void {
    const remedy = "Open it again, or release it later";
    this.#end(new ItamlError("RELEASED", `the ${this.#what} was released`, { remedy }));
    this.#worker.terminate();
  }

  #end(why: ItamlError): void {
    this.#ended = why;
    for (const refuse of this.#underWay) refuse(why);
  }
}

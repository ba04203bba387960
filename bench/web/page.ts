import { type Remote, wrap } from "comlink";
import type { StepName } from "./step.js";
import type { StepService } from "./worker.js";

let worker: Worker | undefined;
let service: Remote<StepService> | undefined;

/** What the bench calls: a worker for each step, as for each classifier. */
Object.assign(globalThis, {
  start(name: StepName, threads: number) {
    worker?.terminate();
    worker = new Worker("/worker.js", { type: "module" });
    service = wrap<StepService>(worker);
    return service.start(name, threads, new URL("/", location.href).href);
  },
  measure: () => service?.measure(),
});

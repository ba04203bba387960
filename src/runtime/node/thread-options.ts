import { availableParallelism } from "node:os";
import type { InferenceSession } from "./ort.js";

/** Options of every session that say how it uses the cores. */
export function threadOptions(threads = availableParallelism()) {
  return {
    // Always a number: left to itself, ONNX Runtime ties each of its threads to one core, and one of them shares its
    // core with the thread that it works for.
    intraOpNumThreads: threads,
    // After a run its threads would go on looking for work, and take the cores from the session whose turn it is.
    extra: { session: { force_spinning_stop: "1" } },
  } satisfies InferenceSession.SessionOptions;
}

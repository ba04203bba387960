import { cpus, release, totalmem, type } from "node:os";
import { RUNTIME_VERSION } from "../runtime/node/onnxruntime-node.js";
import type { Machine } from "./events.js";
import { version } from "./version.js";

/** What a run is trained on and by. */
export function thisMachine(): Machine {
  const processors = cpus();
  return {
    ...{ itaml: version, node: process.versions.node, onnxruntime: RUNTIME_VERSION },
    system: `${type()} ${release()} ${process.arch}`,
    processor: processors[0]?.model.trim() ?? "unknown",
    ...{ cores: processors.length, memoryBytes: totalmem() },
  };
}

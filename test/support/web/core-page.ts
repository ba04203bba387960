import { createWebRuntime } from "../../../src/web.js";
import { encodeGradients, misspelt } from "../page/graph.js";
import type { PageOutcome } from "../page/outcome.js";
import { teach } from "../page/teach.js";

const violations: string[] = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
  violations.push(`${violatedDirective} ${blockedURI}`);
});

async function run(): Promise<PageOutcome> {
  const outcome = {
    onnx: [...encodeGradients()],
    misspelt: await misspelt(),
    taught: await teach(createWebRuntime({ threads: 1, wasmPaths: "/" })),
    violations: [...violations],
  };
  return { ...outcome, makesCode: makesCode() };
}

function makesCode(): boolean {
  try {
    return new Function("return true")();
  } catch {
    return false;
  }
}

Object.assign(globalThis, { outcome: run() });

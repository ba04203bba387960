import { encodeGradients, misspelt } from "./graph.js";
import { createPageRuntime } from "./runtime.js";
import { teach } from "./teach.js";

/** What a page did, and what its content-security policy stopped. */
export interface PageOutcome {
  /** Whether the page may make code of text. */
  readonly makesCode: boolean;
  readonly onnx: readonly number[];
  readonly misspelt: string;
  readonly taught: Awaited<ReturnType<typeof teach>>;
  /** Beside the one of `makesCode`. */
  readonly violations: readonly string[];
}

const violations: string[] = [];
(globalThis as unknown as EventTarget).addEventListener("securitypolicyviolation", (event) => {
  const { violatedDirective, blockedURI } = event as Event & Record<string, unknown>;
  violations.push(`${violatedDirective} ${blockedURI}`);
});

async function run(): Promise<PageOutcome> {
  const outcome = {
    onnx: [...encodeGradients()],
    misspelt: await misspelt(),
    taught: await teach(createPageRuntime("/")),
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

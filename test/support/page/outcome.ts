import type { teach } from "./teach.js";

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

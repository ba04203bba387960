import { ItamlError, type Problem } from "./errors.js";

/** How V8, C++ and ONNX Runtime say that there isn't enough memory. */
const REFUSED =
  /array buffer allocation failed|invalid typed array length|bad_alloc|failed to allocate|out of memory/i;

/** The typed error of memory that can't be had; errors of other kinds as they are. */
export function allocationError(error: unknown, problem: Problem): unknown {
  if (!(error instanceof Error) || !REFUSED.test(error.message)) return error;
  return new ItamlError("OUT_OF_MEMORY", "there isn't enough memory", problem, { cause: error });
}

import { ItamlError } from "../errors.js";

/** Ends a command that was interrupted, as shells expect. */
const INTERRUPTED = 130;

/** Prints an error to standard error and returns the exit code: 1 failed, 2 wrong usage, 130 interrupted. */
export function reportError(error: unknown, json: boolean): number {
  if (!(error instanceof ItamlError)) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    return 1;
  }
  const { code, message, problem } = error;
  console.error(json ? JSON.stringify({ error: { code, message, ...problem } }) : message);
  switch (code) {
    case "INTERRUPTED":
      return INTERRUPTED;
    case "USAGE":
    case "CONFIG_INVALID":
    case "DATASET_UNKNOWN":
      return 2;
    default:
      return 1;
  }
}

import { ItamlError } from "../base/errors.js";
import { isSystemError, readingError } from "../files/system-errors.js";

/** Ends a command that was interrupted, as shells expect. */
const INTERRUPTED = 130;

/** Prints an error to standard error and returns the exit code: 1 failed, 2 wrong usage, 130 interrupted. */
export function reportError(thrown: unknown, json = false): number {
  const error = isSystemError(thrown)
    ? readingError(thrown, thrown.path ?? `${thrown.syscall}`, "FILE_INVALID", "it can't be used")
    : thrown;
  if (!(error instanceof ItamlError)) {
    console.error(printable(error instanceof Error ? (error.stack ?? error.message) : `${error}`));
    return 1;
  }
  const { code, message, problem } = error;
  console.error(
    json ? JSON.stringify({ error: { code, message, ...problem } }) : printable(message),
  );
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

/** Names in files may hold codes that terminals obey. */
export function printable(text: string): string {
  return text.replaceAll(
    /(?!\n)\p{Cc}/gu,
    (code) => `\\u${code.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

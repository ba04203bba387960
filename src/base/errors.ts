import { shellCommand } from "./shell.js";

/** What went wrong, as a code that programs can compare. */
export type ErrorCode =
  | "ARCHIVE_INVALID"
  | "CONFIG_INVALID"
  | "DATASET_CHANGED"
  | "DATASET_INVALID"
  | "DATASET_MISSING"
  | "DATASET_UNKNOWN"
  | "DEVICE_UNAVAILABLE"
  | "DISK_FULL"
  | "DOWNLOAD_FAILED"
  | "FILE_INVALID"
  | "GRAPH_INVALID"
  | "IMAGE_INVALID"
  | "INPUT_INVALID"
  | "INTERRUPTED"
  | "LABEL_UNKNOWN"
  | "LOSS_NOT_FINITE"
  | "MEMORY_TOO_SMALL"
  | "NOT_WRITABLE"
  | "OUT_OF_MEMORY"
  | "QUEUE_REFUSED"
  | "QUEUE_UNAVAILABLE"
  | "RELEASED"
  | "RUN_CHANGED"
  | "RUN_DIRECTORY"
  | "RUN_FAILED"
  | "RUN_IN_USE"
  | "TOO_MANY_FILES"
  | "USAGE"
  | "WEIGHTS_MISSING";

/** The parts of an error: data first, text later. */
export interface Problem {
  /** Where it is: a file, a line, a key, a record, a function. */
  where?: string;
  /** What was expected there. */
  expected?: string;
  /** What was found instead. */
  found?: string;
  /** What to do about it. */
  remedy?: string;
  /** The key of the setting that the remedy is about. */
  setting?: string;
  /** What the remedy says to enter, word by word: a command, or options of one. */
  command?: readonly string[];
}

/** Every error that itaml throws on purpose. `message` is made of the parts, behind `ITAML_` and the code. */
export class ItamlError extends Error {
  readonly code: ErrorCode;
  /** What is wrong, without the parts. */
  readonly summary: string;
  readonly problem: Problem;

  constructor(code: ErrorCode, summary: string, problem: Problem = {}, options?: ErrorOptions) {
    const parts = [
      problem.where && `${problem.where}: ${summary}`,
      !problem.where && summary,
      problem.expected && `expected ${problem.expected}`,
      problem.found && `found ${problem.found}`,
    ].filter(Boolean);
    super(`ITAML_${code}: ${parts.join("; ")}.${advice(problem)}`, options);
    this.name = "ItamlError";
    this.code = code;
    this.summary = summary;
    this.problem = problem;
  }
}

/**
 * Throws what is wrong, all of it at once; nothing where nothing is.
 *
 * @throws {ItamlError} the only one, or one with the code of the first that names them all
 */
export function throwAll(errors: readonly ItamlError[]): void {
  const [first] = errors;
  if (!first) return;
  if (errors.length === 1) throw first;
  const all = errors.map(({ code, message, problem }) => {
    const text = message.slice(`ITAML_${code}: `.length);
    return `\n- ${problem.command ? text : text.slice(0, -1)}`;
  });
  throw new ItamlError(first.code, `${errors.length} problems`, { found: all.join("") });
}

/** What a check refuses, to be thrown with other refusals. */
export function refusals(check: () => void): ItamlError[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ItamlError) return [error];
    throw error;
  }
}

/** What to do, as it follows a sentence. What is to be entered ends without a full stop, which would be pasted with it. */
function advice({ remedy, command }: Problem): string {
  const entered = command && shellCommand(command);
  if (remedy === undefined) return "";
  return entered === undefined ? ` ${sentence(remedy)}` : ` ${remedy}: ${entered}`;
}

/** With a full stop, unless it ends by itself or with lines to be copied. */
function sentence(text: string): string {
  return /[.?!]$|\n/.test(text) ? text.trimEnd() : `${text}.`;
}

/** The name in `known` that is nearest to `name` (edit distance at most a third of its length), for suggestions. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(name.length - candidate.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** The remedy that suggests a name; none where there is none. */
export function didYouMean(name: string | undefined): { remedy?: string } {
  return name === undefined ? {} : { remedy: `Did you mean "${name}"?` };
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    previous = row;
  }
  return previous[b.length] as number;
}

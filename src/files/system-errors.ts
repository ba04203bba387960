import { type ErrorCode, ItamlError } from "../base/errors.js";

/** What the system lacks or refuses, by its own code, and what to do about it. */
const REFUSALS: Readonly<
  Record<string, readonly [ErrorCode, summary: string, remedy: string, command?: string[]]>
> = {
  ENOSPC: ["DISK_FULL", "the disk is full", "Make room, or choose another disk"],
  EDQUOT: ["DISK_FULL", "the disk quota is used up", "Make room, or choose another disk"],
  EROFS: ["NOT_WRITABLE", "the disk is read-only", "Choose another folder"],
  EACCES: ["NOT_WRITABLE", "permission denied", "Change the permissions, or choose another folder"],
  EPERM: ["NOT_WRITABLE", "not permitted", "Change the permissions, or choose another folder"],
  EMFILE: [
    "TOO_MANY_FILES",
    "this process has too many open files",
    "Raise the limit",
    ["ulimit", "-n", "4096"],
  ],
  ENFILE: ["TOO_MANY_FILES", "the system has too many open files", "Close other programs"],
};

/** Whether an error comes from the operating system. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

/** The typed error of a disk, a permission or a limit; undefined where it's something else. */
export function refusal(error: unknown, where: string): ItamlError | undefined {
  if (!isSystemError(error)) return undefined;
  const known = REFUSALS[error.code as string];
  if (!known) return undefined;
  const [code, summary, remedy, command] = known;
  const problem = { where, found: error.code as string, remedy, ...(command && { command }) };
  return new ItamlError(code, summary, problem, { cause: error });
}

/** What is there instead, by the system's codes. */
const FINDINGS: Readonly<Record<string, string>> = {
  ENOENT: "nothing of that name",
  EISDIR: "a folder",
  ENOTDIR: "a file in the place of a folder",
  EACCES: "no permission to read it",
};

function inWords(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? String(error) : (FINDINGS[code] ?? code);
}

/**
 * The typed error of a file or folder that can't be read.
 *
 * @param code unless the process has too many open files
 */
export function readingError(
  cause: unknown,
  where: string,
  code: ErrorCode,
  summary = "the file can't be read",
): ItamlError {
  const lacking = refusal(cause, where);
  if (lacking?.code === "TOO_MANY_FILES") return lacking;
  return new ItamlError(code, summary, { where, found: inWords(cause) }, { cause });
}

/** The typed error of a file or folder that can't be written; errors of other kinds as they are. */
export function writingError(error: unknown, where: string): unknown {
  if (!isSystemError(error)) return error;
  return (
    refusal(error, where) ??
    new ItamlError(
      "NOT_WRITABLE",
      "it can't be written",
      { where, found: inWords(error), remedy: "Choose another place" },
      { cause: error },
    )
  );
}

import { statSync } from "node:fs";

/** Says what was written: on standard error where that is a pipe or a device, which standard output may be. */
export function sayWritten(file: string, line: string): void {
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
  (isFile ? process.stdout : process.stderr).write(`${line}\n`);
}

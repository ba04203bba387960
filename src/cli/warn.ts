import { printable } from "./failure.js";

/** Says what is worth knowing though the command goes on. */
export function warn(message: string): void {
  process.stderr.write(`warning: ${printable(message)}\n`);
}

import { readFile } from "node:fs/promises";
import { type ErrorCode, ItamlError } from "../errors.js";

/**
 * Reads a file as a whole.
 *
 * @throws {ItamlError} with this code where it can't be read
 */
export async function readFileOrThrow(path: string, code: ErrorCode): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const found = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new ItamlError(code, "the file can't be read", { where: path, found }, { cause });
  }
}

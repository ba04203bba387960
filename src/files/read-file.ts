import { readFile, stat } from "node:fs/promises";
import { type ErrorCode, ItamlError } from "../base/errors.js";
import { readingError } from "./system-errors.js";

/** Bytes of a file that is read as a whole, unless its reader knows better. */
const MAXIMUM_SIZE = 2 ** 31 - 1;

/**
 * Reads a file as a whole.
 *
 * @param atMost bytes that such a file can have
 * @throws {ItamlError} with this code where it can't be read, is no file (a device, a pipe), or is larger;
 * TOO_MANY_FILES
 */
export async function readFileOrThrow(
  path: string,
  code: ErrorCode,
  atMost = MAXIMUM_SIZE,
): Promise<Buffer> {
  try {
    const stats = await stat(path);
    if (!stats.isFile() && !stats.isDirectory()) {
      throw new ItamlError(code, "not a file", { where: path, found: "a device or a pipe" });
    }
    if (stats.size > atMost) {
      const [expected, found] = [`at most ${atMost} bytes`, `${stats.size}`];
      throw new ItamlError(code, "the file is too large", { where: path, expected, found });
    }
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof ItamlError) throw cause;
    throw readingError(cause, path, code);
  }
}

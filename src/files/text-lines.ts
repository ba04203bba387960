import { ItamlError } from "../base/errors.js";
import { readFileOrThrow } from "./read-file.js";

/** Bytes of a list; CUB's longest has half a megabyte. */
const MAXIMUM_SIZE = 2 ** 24;

/** A line of a text file. */
export interface TextLine {
  /** Without spaces around it. */
  readonly text: string;
  /** The file and the line's number, for messages. */
  readonly where: string;
}

/**
 * The lines of a text file that aren't blank, with any line ending.
 *
 * @throws {ItamlError} DATASET_MISSING; DATASET_INVALID where there is none
 */
export async function readTextLines(file: string): Promise<TextLine[]> {
  const content = (await readFileOrThrow(file, "DATASET_MISSING", MAXIMUM_SIZE)).toString();
  const lines = content
    .split(/\r?\n/)
    .map((line, i) => ({ text: line.trim(), where: `${file}, line ${i + 1}` }))
    .filter(({ text }) => text !== "");
  if (lines.length === 0) {
    throw new ItamlError("DATASET_INVALID", "the file is empty", { where: file });
  }
  return lines;
}

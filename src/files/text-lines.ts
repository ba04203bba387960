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
 * The lines of a text file that aren't blank, with any line ending: UTF-8, or UTF-16 with a byte order mark.
 *
 * @throws {ItamlError} DATASET_MISSING; DATASET_INVALID where there is none, or it is no such text
 */
export async function readTextLines(file: string): Promise<TextLine[]> {
  const content = decodeText(await readFileOrThrow(file, "DATASET_MISSING", MAXIMUM_SIZE), file);
  const lines = content
    .split(/\r?\n/)
    .map((line, i) => ({ text: line.trim(), where: `${file}, line ${i + 1}` }))
    .filter(({ text }) => text !== "");
  if (lines.length === 0) {
    throw new ItamlError("DATASET_INVALID", "the file is empty", { where: file });
  }
  return lines;
}

function decodeText(bytes: Uint8Array, file: string): string {
  const mark = `${bytes[0]} ${bytes[1]}`;
  const encoding = { "255 254": "utf-16le", "254 255": "utf-16be" }[mark] ?? "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ItamlError(
      "DATASET_INVALID",
      "the text has another encoding",
      { where: file, expected: "UTF-8", found: `bytes that are none in ${encoding}` },
      { cause },
    );
  }
}

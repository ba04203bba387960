import { availableParallelism } from "node:os";
import { ItamlError } from "../base/errors.js";
import { decodeImage } from "./image.js";

/** A picture file that can't be decoded. */
export interface BrokenImage {
  readonly file: string;
  readonly reason: string;
}

/**
 * Decodes every picture as a whole, as training does, several at a time.
 *
 * @returns the broken ones, in the order of the files
 * @throws {ItamlError} INTERRUPTED
 */
export async function checkImages(
  files: readonly string[],
  {
    onProgress,
    signal,
  }: { onProgress?: (checked: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<BrokenImage[]> {
  const reasons = new Map<number, string>();
  let next = 0;
  let checked = 0;
  const worker = async () => {
    while (next < files.length) {
      if (signal?.aborted) {
        const found = `${checked} of ${files.length} pictures checked`;
        throw new ItamlError("INTERRUPTED", "the check was stopped", { found });
      }
      const at = next++;
      const reason = await decodingError(files[at] as string);
      if (reason !== undefined) reasons.set(at, reason);
      onProgress?.(++checked, files.length);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return [...reasons]
    .sort(([a], [b]) => a - b)
    .map(([at, reason]) => ({ file: files[at] as string, reason }));
}

async function decodingError(file: string): Promise<string | undefined> {
  try {
    await decodeImage(file, 3);
    return undefined;
  } catch (error) {
    if (!(error instanceof ItamlError) || error.code !== "IMAGE_INVALID") throw error;
    // Decoders say the same more than once, line by line.
    const lines = (error.problem.found ?? "").split("\n").map((line) => line.trim());
    return [...new Set(lines)].join(" ");
  }
}

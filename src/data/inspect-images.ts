import { availableParallelism } from "node:os";
import { ItamlError } from "../base/errors.js";
import { type DecodedImage, decodeImage, refuseLine } from "./image.js";
import { FINGERPRINT_SIZE, FINGERPRINT_WIDTH } from "./near-duplicates.js";

/** A picture file that can't be decoded. */
export interface BrokenImage {
  readonly file: string;
  readonly reason: string;
}

/** What picture files hold, the broken ones apart. */
export interface ImageInspection {
  /** In the order of the files. */
  readonly broken: readonly BrokenImage[];
  /** What each file stores; undefined of a broken one. */
  readonly stored: readonly (DecodedImage["stored"] | undefined)[];
  /** The darkest and the brightest number of all, in 0..255 as they are learned. */
  readonly range: readonly [darkest: number, brightest: number];
  /** Each picture in 72 pixels of grey, to be compared; zeros of a broken one. */
  readonly fingerprints: Uint8Array;
}

/**
 * Decodes every picture as a whole, as training does, several at a time.
 *
 * @param background what shows through where a picture is clear
 * @param side pixels to which its shorter side is scaled later; default: it isn't known
 * @throws {ItamlError} INTERRUPTED, TOO_MANY_FILES
 */
export async function inspectImages(
  files: readonly string[],
  {
    background,
    side,
    onProgress,
    signal,
  }: {
    background?: string | undefined;
    side?: number | undefined;
    onProgress?: (checked: number, total: number) => void;
    signal?: AbortSignal;
  } = {},
): Promise<ImageInspection> {
  const reasons = new Map<number, string>();
  const stored: (DecodedImage["stored"] | undefined)[] = Array(files.length).fill(undefined);
  const range: [number, number] = [255, 0];
  const fingerprints = new Uint8Array(files.length * FINGERPRINT_SIZE);
  let next = 0;
  let checked = 0;
  const inspect = async (at: number) => {
    try {
      const file = files[at] as string;
      const image = await decodeImage(file, 3, { background });
      if (side) refuseLine(image.stored, { width: side, height: side, fit: "outside" }, file);
      stored[at] = image.stored;
      for (const value of image.data) {
        if (value < range[0]) range[0] = value;
        if (value > range[1]) range[1] = value;
      }
      fingerprints.set(await fingerprint(image), at * FINGERPRINT_SIZE);
    } catch (error) {
      reasons.set(at, decodingError(error));
    }
  };
  const worker = async () => {
    while (next < files.length) {
      if (signal?.aborted) {
        const found = `${checked} of ${files.length} pictures checked`;
        throw new ItamlError("INTERRUPTED", "the check was stopped", { found });
      }
      await inspect(next++);
      onProgress?.(++checked, files.length);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const broken = [...reasons]
    .sort(([a], [b]) => a - b)
    .map(([at, reason]) => ({ file: files[at] as string, reason }));
  return { broken, stored, range, fingerprints };
}

async function fingerprint({ data, width, height }: DecodedImage): Promise<Uint8Array> {
  const size = { width: FINGERPRINT_WIDTH, height: FINGERPRINT_SIZE / FINGERPRINT_WIDTH };
  const { sharp } = await import("./sharp.js");
  return sharp(data, { raw: { width, height, channels: 3 } })
    .greyscale()
    .resize({ ...size, fit: "fill" })
    .raw()
    .toBuffer();
}

/** Why a picture can't be decoded; other errors end the inspection. */
function decodingError(error: unknown): string {
  if (!(error instanceof ItamlError) || error.code !== "IMAGE_INVALID") throw error;
  const { summary, problem } = error;
  // Decoders say the same more than once, line by line.
  const lines = (problem.found ?? "").split("\n").map((line) => line.trim());
  const found = [...new Set(lines)].join(" ");
  return problem.expected ? `${summary}; expected ${problem.expected}; found ${found}` : found;
}

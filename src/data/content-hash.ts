import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { relative, sep } from "node:path";
import { chunks } from "../base/chunks.js";
import { allocateSamples, type Dataset, type LabelledSamples } from "../samples/samples.js";

/** Files or samples at a time. */
const AT_ONCE = 256;

/** The content of a data set, to be compared with what runs have stored. */
export interface Content {
  /** As {@link contentHash}. */
  readonly hash: string;
  /** Whether a run that has stored this hash learned the same content, also where version 0.3 or before stored it. */
  readonly is: (stored: string) => Promise<boolean>;
}

/** @param folder of the data set */
export async function contentOf(dataset: Dataset, folder: string): Promise<Content> {
  const hash = await contentHash(dataset, folder);
  let before: Promise<string> | undefined;
  return {
    hash,
    is: async (stored) => {
      if (stored === hash) return true;
      // Of samples it is the same.
      if (!dataset.train.files) return false;
      before ??= contentHash(dataset, folder, true);
      return stored === (await before);
    },
  };
}

/**
 * The content of a data set as a hash: its samples and labels, or, of picture files, their names, sizes and labels,
 * so that nothing large is read. Files are the same in whatever size they are learned.
 *
 * @param folder of the data set: names of files are taken from there
 * @param asBefore as up to version 0.3, where of files the size counted that they are scaled to. Default: no
 * @returns SHA-256, hexadecimal
 */
export async function contentHash(
  dataset: Dataset,
  folder: string,
  asBefore = false,
): Promise<string> {
  const { classes, input, train, test } = dataset;
  const hash = createHash("sha256");
  const { shape, type } = input;
  const ofSamples = asBefore || !train.files ? { shape, type } : {};
  hash.update(JSON.stringify({ classes, ...ofSamples }));
  for (const part of [train, test]) {
    hash.update(`\n${part.labels.length}\n`);
    for await (const piece of part.files ? describeFiles(part, folder) : readSamples(part)) {
      hash.update(piece);
    }
    hash.update(Int32Array.from(part.labels));
  }
  return hash.digest("hex");
}

async function* describeFiles({ files = [] }: LabelledSamples, folder: string) {
  for (const some of chunks(files, AT_ONCE)) {
    const sizes = await Promise.all(
      some.map((file) =>
        // A file that can't be read is training's to report.
        stat(file).then(
          ({ size }) => size,
          () => -1,
        ),
      ),
    );
    const names = some.map((file) => relative(folder, file).split(sep).join("/").normalize("NFC"));
    yield JSON.stringify(names.map((name, i) => [name, sizes[i]]));
  }
}

async function* readSamples({ source }: LabelledSamples) {
  const indices = Array.from({ length: source.length }, (_, i) => i);
  for (const some of chunks(indices, AT_ONCE)) {
    const samples = allocateSamples(source, some.length);
    await source.read(some, samples);
    yield samples;
  }
}

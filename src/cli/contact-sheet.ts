import { ItamlError } from "../base/errors.js";
import type { ImageFiles, LabelledFiles } from "../data/image-files.js";
import type { ImageSettings } from "../data/image-settings.js";
import { type ImageSourceOptions, imageSource } from "../data/image-source.js";
import { imageSettings } from "../data/load-dataset.js";
import { writeFileAtomically } from "../files/atomic-file.js";
import { html } from "../report/html.js";
import { indicesByClass } from "../samples/samples.js";

/** Side of a picture on the sheet, and the room between two, in pixels. */
const SIDE = 64;
const GAP = 4;
const NAME_WIDTH = 180;
const HEADER = 24;
/** Rows and columns at most. */
const CLASSES = 24;
const TRAINING = 8;
const TEST = 2;

/**
 * Writes a picture of pictures: a row for each class (of many a selection, evenly), training pictures and then test
 * pictures, all as tests see them, scaled and cropped to a square. A broken one leaves its place empty.
 *
 * @param file a PNG
 * @param images how they are read. Without a size: as large as they are shown
 * @returns the classes shown, from the top
 * @throws {ItamlError} USAGE where it is no .png; NOT_WRITABLE, DISK_FULL
 */
export async function writeContactSheet(
  file: string,
  { classes, train, test }: ImageFiles,
  images: ImageSettings | undefined,
): Promise<string[]> {
  if (!/\.png$/i.test(file)) {
    throw new ItamlError("USAGE", "a contact sheet is a PNG", {
      ...{ where: "--sheet", expected: "a name that ends with .png", found: file },
    });
  }
  const labels = evenly(classes.length, CLASSES);
  const choices = [firstOf(train, labels, TRAINING), firstOf(test, labels, TEST)] as const;
  const height = HEADER + labels.length * (SIDE + GAP);
  const width = NAME_WIDTH + (TRAINING + TEST) * (SIDE + GAP) + 2 * GAP;
  const settings = asTested(images);
  const tiles: { input: Buffer; raw: Raw; left: number; top: number }[] = [];
  for (const [row] of labels.entries()) {
    for (const [part, ofClasses] of choices.entries()) {
      for (const [column, picture] of (ofClasses[row] ?? []).entries()) {
        const input = await thumbnail(picture, settings);
        if (!input) continue;
        const place = part === 0 ? column * (SIDE + GAP) : TRAINING * (SIDE + GAP) + 2 * GAP;
        const left = NAME_WIDTH + place + (part === 0 ? 0 : column * (SIDE + GAP));
        tiles.push({ input, raw: RAW, left, top: HEADER + row * (SIDE + GAP) });
      }
    }
  }
  const names = labels.map((label) => classes[label] as string);
  const words = { input: Buffer.from(wordsOf(names, width, height)), left: 0, top: 0 };
  const { sharp } = await import("../data/sharp.js");
  const sheet = await sharp({ create: { width, height, channels: 3, background: "#eeeeee" } })
    .composite([...tiles, words])
    .png()
    .toBuffer();
  await writeFileAtomically(file, sheet);
  return names;
}

const RAW = { width: SIDE, height: SIDE, channels: 3 } as const;
type Raw = typeof RAW;

/** Some of 0..count − 1, as evenly as they can be chosen. */
function evenly(count: number, most: number): number[] {
  const chosen = Math.min(count, most);
  return Array.from({ length: chosen }, (_, i) => Math.floor((i * count) / chosen));
}

/** Files of each class, evenly chosen. */
function firstOf({ files, labels }: LabelledFiles, classes: readonly number[], most: number) {
  return indicesByClass(labels, classes).map((own) =>
    evenly(own.length, most).map((at) => files[own[at] as number] as string),
  );
}

function asTested(images: ImageSettings | undefined): ImageSourceOptions {
  const known =
    images?.size === undefined ? { background: images?.background, size: SIDE } : images;
  return imageSettings("--sheet", {
    ...{ augmentation: {}, seed: 0 },
    images: { ...known, broken: "error" },
  });
}

async function thumbnail(file: string, settings: ImageSourceOptions): Promise<Buffer | undefined> {
  const { size } = settings;
  const planes = new Uint8Array(3 * size * size);
  try {
    await imageSource([file], settings).read([0], planes);
  } catch (error) {
    if (error instanceof ItamlError && error.code === "IMAGE_INVALID") return undefined;
    throw error;
  }
  const area = size * size;
  const pixels = planes.map((_, at) => planes[(at % 3) * area + Math.floor(at / 3)] ?? 0);
  const { sharp } = await import("../data/sharp.js");
  const picture = sharp(pixels, { raw: { width: size, height: size, channels: 3 } });
  return await picture.resize(SIDE, SIDE).raw().toBuffer();
}

/** Names of classes and parts, as a drawing. */
function wordsOf(names: readonly string[], width: number, height: number): string {
  const rows = names.map((name, row) => {
    // Control characters are in no XML.
    const printed = name.replace(/\p{Cc}/gu, "\ufffd");
    const shown = printed.length > 24 ? `${printed.slice(0, 23)}…` : printed;
    return html`<text x="8" y="${HEADER + row * (SIDE + GAP) + SIDE / 2 + 5}">${shown}</text>`;
  });
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<g font-family="sans-serif" font-size="13" fill="#222222">${rows}
<text x="${NAME_WIDTH}" y="17">training</text>
<text x="${NAME_WIDTH + TRAINING * (SIDE + GAP) + 2 * GAP}" y="17">test</text></g></svg>`.text;
}

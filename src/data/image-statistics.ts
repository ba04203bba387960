import { indicesByClass } from "../samples/samples.js";
import type { ImageFiles } from "./image-files.js";
import type { ImageInspection } from "./inspect-images.js";
import { nearDuplicates } from "./near-duplicates.js";

/** A class with fewer training pictures than this is hardly learned. */
const FEW = 20;
/** What no picture reaches in a set that is hardly lit, of 0..255. */
const DIM = 128;
/** How many are named. */
const SHOWN = 5;

/** What a set of pictures is like. */
export interface ImageStatistics {
  /** Names and what there is, for people. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** What may be wrong, though all can be trained on. */
  readonly doubts: readonly string[];
}

/** Describes pictures, as far as they can be decoded. */
export function imageStatistics(
  { classes, train, test }: ImageFiles,
  { stored, range, fingerprints }: ImageInspection,
): ImageStatistics {
  const good = stored.filter((one) => one !== undefined);
  const count = (is: (one: (typeof good)[number]) => boolean) =>
    good.filter(is).length.toLocaleString("en");
  const widths = good.map(({ width }) => width).sort((a, b) => a - b);
  const heights = good.map(({ height }) => height).sort((a, b) => a - b);
  const size = (of: (sorted: readonly number[]) => number | undefined) =>
    `${of(widths)} × ${of(heights)}`;
  const facts: [string, string][] = [
    [
      "size",
      `${size((all) => all[0])} at least, ${size(median)} median, ${size((all) => all.at(-1))} at most`,
    ],
    [
      "channels",
      `${count(({ colours }) => colours === "colour")} in colour, ` +
        `${count(({ colours }) => colours === "grey")} grey; ${count(({ clear }) => clear)} with alpha`,
    ],
    [
      "depth",
      `${count(({ bits }) => bits === 8)} of 8 bits, ${count(({ bits }) => bits === 16)} of 16`,
    ],
    ["range", `${range[0]}..${range[1]} of 0..255`],
  ];
  const doubts: string[] = [];
  const files = [...train.files, ...test.files];
  const twins = nearDuplicates(fingerprints, train.files.length).filter(
    (twin) => stored[twin.test] && stored[twin.train],
  );
  const [twin] = twins;
  if (twin) {
    doubts.push(
      `${twins.length.toLocaleString("en")} of ${test.files.length.toLocaleString("en")} test pictures ` +
        `nearly the same as a training picture, such as ${files[twin.test]} and ${files[twin.train]}`,
    );
  }
  const perClass = indicesByClass(
    train.labels,
    classes.map((_, label) => label),
  );
  const few = classes.flatMap((name, label) => {
    const pictures = perClass[label]?.length ?? 0;
    return pictures < FEW ? [`"${name}" (${pictures})`] : [];
  });
  if (classes.length === 1) doubts.push("there is one class: nothing that could be told apart");
  if (few.length > 0) {
    const more = few.length > SHOWN ? ", …" : "";
    doubts.push(
      `fewer than ${FEW} training pictures in ${few.length} of ${classes.length} classes: ` +
        `${few.slice(0, SHOWN).join(", ")}${more}`,
    );
  }
  if (good.length > 0 && range[1] < DIM) {
    doubts.push(`no picture is brighter than ${range[1]} of 255`);
  }
  return { facts: good.length > 0 ? facts : [], doubts };
}

function median(sorted: readonly number[]): number | undefined {
  return sorted[Math.floor(sorted.length / 2)];
}

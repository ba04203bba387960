import { allocationError } from "../base/allocation.js";
import { ItamlError } from "../base/errors.js";
import { isFloat32Array } from "../base/typed-arrays.js";
import type { InputDescription } from "./input-description.js";

/** Elements of samples: pixels or features. */
export type SampleData = Uint8Array | Float32Array;

/** Samples that are read by their index, wherever they are kept. */
export interface SampleSource {
  readonly length: number;
  /** Elements of one sample. */
  readonly sampleSize: number;
  readonly type: InputDescription["type"];
  /**
   * Copies samples, one after another, to the start of `target`.
   *
   * @param variation the keys by which samples are varied, where the source augments them. Default: as they are tested
   * @returns positions among `indices` of samples that can't be read, and whose room is to be ignored
   */
  read(
    indices: readonly number[],
    target: SampleData,
    variation?: Variation,
  ): Unreadable | Promise<Unreadable>;
}

/** Keys of the random numbers that augment samples: the same keys vary a sample in the same way. */
export type Variation = readonly (string | number)[];

/** Positions of samples that can't be read, ascending. */
export type Unreadable = readonly number[];

/** A data set: samples for training and for testing, with the index of each one's class. */
export interface Dataset {
  readonly name: string;
  /** Names of the classes; a label is an index into it. */
  readonly classes: readonly string[];
  readonly input: InputDescription;
  readonly train: LabelledSamples;
  readonly test: LabelledSamples;
  /** What is worth knowing of it, such as files that are left out. */
  readonly notes?: readonly string[];
}

export interface LabelledSamples {
  readonly source: SampleSource;
  readonly labels: ArrayLike<number>;
  /** Of picture files: their paths. */
  readonly files?: readonly string[];
}

/**
 * Samples in memory, in one array: one after another, or as part of records of equal length.
 *
 * @param offset elements of a record before its sample
 * @param stride elements of a record. Default: the sample alone
 */
export function samplesInMemory(
  data: SampleData,
  sampleSize: number,
  { offset = 0, stride = sampleSize }: { offset?: number; stride?: number } = {},
): SampleSource {
  return {
    length: data.length / stride,
    sampleSize,
    type: isFloat32Array(data) ? "float32" : "uint8",
    read(indices, target) {
      indices.forEach((index, i) => {
        const start = index * stride + offset;
        target.set(data.subarray(start, start + sampleSize), i * sampleSize);
      });
      return [];
    },
  };
}

/**
 * Several sources as one: the samples of the first, then those of the second, and so on.
 *
 * @param sources at least one, with samples of the same size and type
 * @throws {ItamlError} INPUT_INVALID where they differ, or are none
 */
export function concatenateSources(sources: readonly SampleSource[]): SampleSource {
  const kinds = new Set(sources.map(({ sampleSize, type }) => `${sampleSize} ${type}`));
  const [first] = sources;
  if (!first || kinds.size > 1) {
    throw new ItamlError("INPUT_INVALID", "sources that can't be one", {
      where: "concatenateSources",
      expected: "samples of one size and type",
      found: [...kinds].join(", ") || "no source",
    });
  }
  const { sampleSize, type } = first;
  let length = 0;
  const parts = sources.map((source) => {
    const start = length;
    length += source.length;
    return { source, start };
  });
  return {
    length,
    sampleSize,
    type,
    async read(indices, target, variation) {
      const reads: Promise<Unreadable>[] = [];
      // Neighbours of one source are read together.
      for (let from = 0, to = 0; from < indices.length; from = to) {
        const part = partOf(indices[from] as number);
        const own: number[] = [];
        for (; to < indices.length && partOf(indices[to] as number) === part; to++) {
          own.push((indices[to] as number) - part.start);
        }
        const room = target.subarray(from * sampleSize, to * sampleSize);
        const first = from;
        const unreadable = Promise.resolve(part.source.read(own, room, variation));
        reads.push(unreadable.then((positions) => positions.map((position) => first + position)));
      }
      return (await Promise.all(reads)).flat();
    },
  };

  function partOf(index: number) {
    return parts.findLast(({ start }) => start <= index) as (typeof parts)[number];
  }
}

/**
 * Room for `samples` samples of a source.
 *
 * @throws {ItamlError} OUT_OF_MEMORY
 */
export function allocateSamples(
  source: Pick<SampleSource, "sampleSize" | "type">,
  samples: number,
): SampleData {
  const elements = samples * source.sampleSize;
  try {
    return source.type === "float32" ? new Float32Array(elements) : new Uint8Array(elements);
  } catch (error) {
    throw allocationError(error, {
      where: `${samples} samples of ${source.sampleSize} values`,
      remedy: "Lower batchSize or images.size",
    });
  }
}

/** The indices of the samples of each class, in data order. */
export function indicesByClass(labels: ArrayLike<number>, classes: readonly number[]): number[][] {
  const indices = new Map<number, number[]>(classes.map((label) => [label, []]));
  for (let i = 0; i < labels.length; i++) indices.get(labels[i] as number)?.push(i);
  return classes.map((label) => indices.get(label) as number[]);
}

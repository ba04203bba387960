import type { InputDescription } from "../nn/feature-extractor.js";

/** Elements of samples: pixels or features. */
export type SampleData = Uint8Array | Float32Array;

/** Samples that are read by their index, wherever they are kept. */
export interface SampleSource {
  readonly length: number;
  /** Elements of one sample. */
  readonly sampleSize: number;
  readonly type: InputDescription["type"];
  /** Copies samples, one after another, to the start of `target`. */
  read(indices: readonly number[], target: SampleData): void | Promise<void>;
}

/** A data set: samples for training and for testing, with the index of each one's class. */
export interface Dataset {
  readonly name: string;
  /** Names of the classes; a label is an index into it. */
  readonly classes: readonly string[];
  readonly input: InputDescription;
  readonly train: LabelledSamples;
  readonly test: LabelledSamples;
}

export interface LabelledSamples {
  readonly source: SampleSource;
  readonly labels: ArrayLike<number>;
}

/** Samples in memory, in one array. */
export function samplesInMemory(data: SampleData, sampleSize: number): SampleSource {
  return {
    length: data.length / sampleSize,
    sampleSize,
    type: data instanceof Float32Array ? "float32" : "uint8",
    read(indices, target) {
      indices.forEach((index, i) => {
        target.set(data.subarray(index * sampleSize, (index + 1) * sampleSize), i * sampleSize);
      });
    },
  };
}

/** Room for `samples` samples of a source. */
export function allocateSamples(source: SampleSource, samples: number): SampleData {
  const elements = samples * source.sampleSize;
  return source.type === "float32" ? new Float32Array(elements) : new Uint8Array(elements);
}

/** The indices of the samples of each class, in data order. */
export function indicesByClass(labels: ArrayLike<number>, classes: readonly number[]): number[][] {
  const indices = new Map<number, number[]>(classes.map((label) => [label, []]));
  for (let i = 0; i < labels.length; i++) indices.get(labels[i] as number)?.push(i);
  return classes.map((label) => indices.get(label) as number[]);
}

import { createChosen } from "../src/base/part.js";
import { seededRandom } from "../src/base/random.js";
import { elementCount } from "../src/graph/shape.js";
import type { MicroBatch } from "../src/model/micro-batch.js";
import { type Model, newClassifier, newModel } from "../src/model/model.js";
import { FeatureExtractor } from "../src/nn/feature-extractor.js";
import { type NetworkSettings, networks } from "../src/nn/index.js";
import { type SampleSource, samplesInMemory } from "../src/samples/samples.js";

const random = seededRandom("bench");

/** A network for pictures of a shape, [channels, height, width]. */
export function extractorFor(network: NetworkSettings, shape: readonly number[]): FeatureExtractor {
  const input = { shape, type: "uint8", mean: [0.5], std: [0.25] } as const;
  return new FeatureExtractor(createChosen(networks, network), input);
}

/** An untrained model of so many tasks. */
export function madeModel(extractor: FeatureExtractor, tasks: number, classes: number): Model {
  const model = newModel(extractor, 1);
  for (let task = 0; task < tasks; task++) {
    model.classifiers.push(newClassifier(extractor.featureSize, classes, { seed: 1, task }));
  }
  return model;
}

/** Pixels without meaning, [samples, …shape]. */
export function madePixels(shape: readonly number[], samples: number): Uint8Array {
  const length = elementCount(shape) * samples;
  return Uint8Array.from({ length }, () => random.integer(0, 255));
}

/** Numbers from −1 to 1. */
export function madeNumbers(shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: elementCount(shape) }, () => random.uniform(-1, 1));
}

/** Pictures, each of one of a task's classes. */
export function madeBatch(shape: readonly number[], samples: number, classes: number): MicroBatch {
  const targets = new Float32Array(classes * samples);
  for (let i = 0; i < samples; i++) targets[classes * i + (i % classes)] = 1;
  return { x: madePixels(shape, samples), samples, targets };
}

export function madeSamples(shape: readonly number[], samples: number): SampleSource {
  return samplesInMemory(madePixels(shape, samples), elementCount(shape));
}

/** 0, 1, … */
export function firstIndices(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

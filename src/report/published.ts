import type { Config } from "../experiment/config.js";

/** What the paper's numbers are called beside those of runs. */
export const PAPER = "the paper";

/** Accuracies in %, as printed. */
export interface PublishedSize {
  readonly p: number;
  readonly classAccuracy: number;
  readonly taskAccuracy: number;
}

/** A setting of the paper with the numbers that it prints: single runs, accuracies in %. */
export interface Published {
  /** The configuration that comes with the program. */
  readonly config: string;
  readonly dataset: string;
  readonly classesPerTask: number;
  readonly tasks: number;
  readonly continuum: number;
  readonly top: number;
  /** After each task, or after the last alone. */
  readonly curve: readonly number[];
  /** After the last task, where they are printed. */
  readonly task?: number;
  readonly single?: number;
  readonly oracle?: number;
  /** After the last task, by the size p of a continuum. */
  readonly sizes?: readonly PublishedSize[];
  /** Single-sample accuracy of other methods after the last task. */
  readonly others?: readonly (readonly [method: string, accuracy: number])[];
}

const cifar100 = { dataset: "cifar100", continuum: 20, top: 1 };

/** iTAML, Rajasegaran et al., CVPR 2020: what it prints of each setting. */
export const PUBLISHED: readonly Published[] = [
  {
    ...{ config: "mnist", dataset: "mnist", classesPerTask: 2, tasks: 5, continuum: 20, top: 1 },
    curve: [99.95, 99.62, 98.97, 99.33, 97.95],
    single: 62.19,
  },
  {
    ...{ config: "svhn", dataset: "svhn", classesPerTask: 2, tasks: 5, continuum: 20, top: 1 },
    curve: [98.92, 97.47, 97.29, 97.55, 93.97],
  },
  {
    ...{ config: "cifar100-10x10", ...cifar100, classesPerTask: 10, tasks: 10 },
    curve: [89.1, 88.85, 87.03, 85.8, 84.4, 81.67, 80.04, 78.93, 78.59, 77.79],
    ...{ task: 98, single: 33.71, oracle: 79.2 },
    sizes: [
      { p: 1, classAccuracy: 33.4, taskAccuracy: 35.3 },
      { p: 2, classAccuracy: 42, taskAccuracy: 48.4 },
      { p: 5, classAccuracy: 59.6, taskAccuracy: 72.9 },
      { p: 10, classAccuracy: 71.1, taskAccuracy: 88.9 },
      { p: 15, classAccuracy: 75.3, taskAccuracy: 94.8 },
      { p: 20, classAccuracy: 77.8, taskAccuracy: 98 },
      { p: 50, classAccuracy: 79.2, taskAccuracy: 100 },
    ],
    others: [
      ["RPS-Net", 56.48],
      ["iCaRL", 49.1],
      ["DMC", 36.22],
      ["plain replay", 34.66],
      ["LwF", 23.99],
      ["EWC", 16.41],
      ["fine-tuning", 11.45],
    ],
  },
  {
    ...{ config: "cifar100-20x5", ...cifar100, classesPerTask: 5, tasks: 20 },
    curve: [77.15],
  },
  {
    ...{ config: "cifar100-5x20", ...cifar100, classesPerTask: 20, tasks: 5 },
    curve: [72.33],
    single: 42.21,
  },
  {
    ...{ config: "imagenet100", dataset: "imagenet", classesPerTask: 10, tasks: 10 },
    ...{ continuum: 20, top: 5, curve: [89.8] },
  },
  {
    ...{ config: "imagenet1k", dataset: "imagenet", classesPerTask: 100, tasks: 10 },
    ...{ continuum: 100, top: 5, curve: [63.2] },
  },
  {
    ...{ config: "msceleb", dataset: "msceleb", classesPerTask: 1000, tasks: 10 },
    ...{ continuum: 20, top: 5, curve: [95] },
  },
];

/**
 * The paper's numbers for the same data, tasks and way of counting, whatever the learner and its settings.
 *
 * @param tasks how many the run has, where that is known
 */
export function publishedFor(
  { dataset, classesPerTask, continuum, top }: Config,
  tasks: number | undefined,
): Published | undefined {
  return PUBLISHED.find(
    (published) =>
      published.dataset === dataset &&
      published.classesPerTask === classesPerTask &&
      (tasks === undefined || published.tasks === tasks) &&
      published.continuum === continuum &&
      published.top === top,
  );
}

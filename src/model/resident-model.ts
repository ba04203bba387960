import type { Handle, Memory, Placement } from "../runtime/runtime.js";
import type { Model, TaskModel } from "./model.js";

/** Φ_i, or any selection of rows of φ in place of φ_i, in a device's memory. */
export interface ResidentModel {
  /** [parameters] */
  readonly theta: Handle;
  /** [statistics]; of a network without any [0] */
  readonly statistics: Handle;
  /** [rows, featureSize] */
  readonly classifier: Handle;
}

/** Φ there. */
export interface ResidentBase {
  readonly theta: Handle;
  readonly statistics: Handle;
  readonly classifiers: readonly Handle[];
}

/** Brings Φ into its boxes. */
export async function fillBase(memory: Memory, base: ResidentBase, model: Model): Promise<void> {
  for (const [handle, numbers] of pairs(base, model)) await fill(memory, handle, numbers);
}

/** Writes Φ as it is now into a model. */
export async function readBase(memory: Memory, base: ResidentBase, model: Model): Promise<void> {
  for (const [handle, numbers] of pairs(base, model)) numbers.set(await memory.read(handle));
}

function pairs(base: ResidentBase, model: Model): [Handle, Float32Array][] {
  return [
    [base.theta, model.theta],
    [base.statistics, model.statistics],
    ...model.classifiers.map((classifier, task): [Handle, Float32Array] => [
      base.classifiers[task] as Handle,
      classifier,
    ]),
  ];
}

/** Gives a box these numbers. */
export async function fill(memory: Memory, handle: Handle, numbers: Float32Array): Promise<void> {
  const uploaded = await memory.upload(numbers, handle.shape);
  await memory.copy(uploaded, handle);
  memory.free(uploaded);
}

/** Where each of several steps writes: to two places by turns, so that the last one writes to the one wanted. */
export function byTurns(
  steps: number,
  last: ResidentModel,
  other: () => ResidentModel,
): ResidentModel[] {
  return Array.from({ length: steps }, (_, step) => ((steps - step) % 2 === 1 ? last : other()));
}

/** Brings a copy of a model into the memory. */
export async function uploadModel(
  memory: Memory,
  { theta, statistics, classifier }: TaskModel,
  featureSize: number,
): Promise<ResidentModel> {
  const shape = [classifier.length / featureSize, featureSize];
  return {
    theta: await memory.upload(theta.slice(), [theta.length]),
    statistics: await memory.upload(statistics.slice(), [statistics.length]),
    classifier: await memory.upload(classifier.slice(), shape),
  };
}

/** Memory for a model of the same shapes. */
export function allocateModel(
  memory: Memory,
  { theta, statistics, classifier }: ResidentModel,
  placement?: Placement,
): ResidentModel {
  return {
    theta: memory.allocate(theta.shape, placement),
    statistics: memory.allocate(statistics.shape),
    classifier: memory.allocate(classifier.shape),
  };
}

/** A copy of the model as it is now. */
export async function readModel(
  memory: Memory,
  { theta, statistics, classifier }: ResidentModel,
): Promise<TaskModel> {
  const copy = async (handle: Handle) => (await memory.read(handle)).slice();
  return {
    theta: await copy(theta),
    statistics: await copy(statistics),
    classifier: await copy(classifier),
  };
}

export function freeModel(memory: Memory, { theta, statistics, classifier }: ResidentModel): void {
  memory.free(theta, statistics, classifier);
}

/** A model as inputs or outputs of a graph that binds it by {@link bindInputs}. */
export function modelHandles(
  prefix: string,
  { theta, statistics, classifier }: ResidentModel,
): Record<string, Handle> {
  return {
    [`${prefix}theta`]: theta,
    [`${prefix}classifier`]: classifier,
    ...(statistics.shape[0] !== 0 && { [`${prefix}statistics`]: statistics }),
  };
}

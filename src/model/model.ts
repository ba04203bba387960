import { seededRandom } from "../base/random.js";
import type { FeatureExtractor } from "../nn/feature-extractor.js";
import { uniformByFanIn } from "../nn/initialization.js";

/** Φ = {θ, φ_0 … φ_t}: parameters between all tasks. */
export interface Model {
  /** θ, in the layout of the feature extractor. */
  theta: Float32Array;
  /** Running statistics, likewise. */
  statistics: Float32Array;
  /** φ_i for each task: its classes' rows, [classes of the task, featureSize], no bias. */
  readonly classifiers: Float32Array[];
}

/** Φ_i = {θ, φ_i}, or any selection of rows of φ in place of φ_i. */
export interface TaskModel {
  theta: Float32Array;
  statistics: Float32Array;
  classifier: Float32Array;
  /** Of each row; training knows none. Default: zeros. */
  readonly bias?: Float32Array;
  /** Whether the rows are of the features' square roots, which keep the sign. Default: of the features. */
  readonly ofRoots?: boolean | undefined;
}

/** A model before its first task. */
export function newModel(extractor: FeatureExtractor, seed: number): Model {
  return {
    theta: extractor.initialParameters(seededRandom(seed, "network")),
    statistics: extractor.initialStatistics(),
    classifiers: [],
  };
}

/** φ_i before its training, from a stream of its own. */
export function newClassifier(
  featureSize: number,
  classes: number,
  { seed, task }: { seed: number; task: number },
): Float32Array {
  return uniformByFanIn(featureSize)(
    [classes, featureSize],
    seededRandom(seed, "classifier", task),
  );
}

/** Φ_i of a model; it shares the model's memory. */
export function taskModel({ theta, statistics, classifiers }: Model, task: number): TaskModel {
  return { theta, statistics, classifier: classifiers[task] as Float32Array };
}

/** The model with all rows of φ as one classifier; θ and the statistics share the model's memory. */
export function wholeModel({ theta, statistics, classifiers }: Model): TaskModel {
  return { theta, statistics, classifier: joinClassifiers(classifiers) };
}

/** φ = [φ_0 … φ_t] as one array. */
export function joinClassifiers(classifiers: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(classifiers.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const classifier of classifiers) {
    joined.set(classifier, offset);
    offset += classifier.length;
  }
  return joined;
}

/** Writes one array's rows back into φ_0 … φ_t. */
export function splitClassifiers(joined: Float32Array, classifiers: readonly Float32Array[]): void {
  let offset = 0;
  for (const classifier of classifiers) {
    classifier.set(joined.subarray(offset, offset + classifier.length));
    offset += classifier.length;
  }
}

export function copyModel({ theta, statistics, classifiers }: Model): Model {
  return {
    theta: theta.slice(),
    statistics: statistics.slice(),
    classifiers: classifiers.map((classifier) => classifier.slice()),
  };
}

export function copyTaskModel({ theta, statistics, classifier }: TaskModel): TaskModel {
  return { theta: theta.slice(), statistics: statistics.slice(), classifier: classifier.slice() };
}

/** Memory for a task model of the same size. */
export function emptyTaskModel({ theta, statistics, classifier }: TaskModel): TaskModel {
  return {
    theta: new Float32Array(theta.length),
    statistics: new Float32Array(statistics.length),
    classifier: new Float32Array(classifier.length),
  };
}

/** Whether every number of a model is finite. */
export function isFiniteModel({ theta, statistics, classifiers }: Model): boolean {
  return [theta, statistics, ...classifiers].every(allFinite);
}

export function allFinite(values: Float32Array | Float64Array): boolean {
  // Several times as fast as asking number by number: only those that are not finite give NaN.
  let zero = 0;
  for (let j = 0; j < values.length; j++) zero += 0 * (values[j] as number);
  return zero === 0;
}

/** Does work that changes a model, told what it was before; where it fails, the model is that again. */
export async function orRestore<T>(model: Model, work: (before: Model) => Promise<T>): Promise<T> {
  const before = copyModel(model);
  try {
    return await work(before);
  } catch (error) {
    overwriteModel(model, before);
    throw error;
  }
}

/** Gives a model the numbers of another one, which has as many tasks or fewer. */
export function overwriteModel(model: Model, { theta, statistics, classifiers }: Model): void {
  model.theta.set(theta);
  model.statistics.set(statistics);
  model.classifiers.length = classifiers.length;
  classifiers.forEach((classifier, task) => {
    model.classifiers[task]?.set(classifier);
  });
}

/** What a learner knows beside model and memory: tensors by name, stored with them. */
export type LearnerState = ReadonlyMap<
  string,
  { readonly data: Float32Array | Float64Array; readonly shape: readonly number[] }
>;

/** Shapes of tensors in a learner's state, by their names. */
export type StateShapes = Readonly<Record<string, readonly number[]>>;

/** A tensor of float32 in a learner's state; undefined where there is none of that name. */
export function stateValues(state: LearnerState, name: string): Float32Array | undefined {
  return state.get(name)?.data as Float32Array | undefined;
}

/** Number of classes of each task of a model. */
export function taskSizes({ classifiers }: Model, extractor: FeatureExtractor): number[] {
  return classifiers.map(({ length }) => length / extractor.featureSize);
}

/** Numbers beside each parameter of θ and of the classifier. */
export type Parameters = Pick<TaskModel, "theta" | "classifier">;

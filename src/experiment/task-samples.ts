import { ItamlError, refusals, throwAll } from "../base/errors.js";
import { exemplarsPerClass } from "../incremental/exemplar-memory.js";
import { taskStream } from "../incremental/task-stream.js";
import { createMethod, type Method, memoryOfMethod, sums } from "../learners/method.js";
import { held } from "../learners/validation.js";
import { indicesByClass } from "../samples/samples.js";
import type { Config } from "./config.js";
import { builtInParts, type Parts } from "./parts.js";

/** A data set as far as its division into tasks goes. */
interface Labels {
  readonly classes: readonly string[];
  readonly train: { readonly labels: ArrayLike<number> };
  readonly test: { readonly labels: ArrayLike<number> };
}

/** What each task learns and is tested on. */
export interface TaskSamples {
  /** Classes of each task, as indices into the data set's. */
  readonly tasks: readonly (readonly number[])[];
  /** Indices of the training samples, for each task by class. */
  readonly train: readonly (readonly number[][])[];
  /** Indices of the test samples, likewise. */
  readonly test: readonly (readonly number[][])[];
}

/**
 * Divides a data set's samples among tasks, in one pass over its labels.
 *
 * @param parts what the configuration chose among. Default: what comes with the program
 * @throws {ItamlError} CONFIG_INVALID, DATASET_INVALID, MEMORY_TOO_SMALL: all that is wrong, at once
 */
export function taskSamples(
  { classes, train, test }: Labels,
  config: Config,
  parts: Parts = builtInParts,
): TaskSamples {
  const memory = memoryOfMethod(createMethod(parts.methods, config.learner, parts));
  const tasks = taskStream({ ...config, classCount: classes.length });
  const all = classes.map((_, label) => label);
  const byTask = ({ labels }: Labels["train"]) => {
    const byClass = indicesByClass(labels, all);
    return tasks.map((own) => own.map((label) => byClass[label] as number[]));
  };
  const samples = { tasks, train: byTask(train), test: byTask(test) };
  throwAll([
    ...refusals(() => exemplarsPerClass(memory.capacity, tasks.flat().length)),
    ...refusals(() => checkTrained(samples, classes)),
    ...refusals(() => checkContinuum(samples, config.continuum)),
    ...refusals(() => checkTop(samples, config.top)),
  ]);
  return samples;
}

/**
 * How many samples an epoch of each task trains on.
 *
 * @param validation share of each class's samples that is held out. Default: none
 */
export function samplesOfEpochs({ train }: TaskSamples, method: Method, validation = 0): number[] {
  const { capacity } = memoryOfMethod(method);
  const trainsOn = sums(method) ? "new" : method.trainsOn;
  const before: number[] = [];
  return train.map((own) => {
    const fresh = own.map(({ length }) => length);
    const remembered = trainsOn === "memory" ? [...before, ...fresh] : before;
    const kept = Math.floor(capacity / (remembered.length || 1));
    const counts = [
      ...(trainsOn === "memory" ? [] : fresh),
      ...(trainsOn === "new" ? [] : remembered.map((count) => Math.min(count, kept))),
    ];
    before.push(...fresh);
    return counts.reduce((sum, count) => sum + count - held(count, validation), 0);
  });
}

function checkTrained({ tasks, train }: TaskSamples, classes: readonly string[]): void {
  const empty = tasks
    .flatMap((own, task) => own.filter((_, i) => train[task]?.[i]?.length === 0))
    .map((label) => `"${classes[label]}"`);
  if (empty.length === 0) return;
  throw new ItamlError("DATASET_INVALID", "classes without training samples", {
    found: `${empty.length}, such as ${empty.slice(0, 10).join(", ")}`,
  });
}

function checkContinuum({ test }: TaskSamples, continuum: number): void {
  const counts = test.map((own) => own.reduce((sum, { length }) => sum + length, 0));
  const fewest = Math.min(...counts);
  if (continuum <= fewest) return;
  throw new ItamlError("CONFIG_INVALID", "a continuum is larger than a task's test set", {
    where: "continuum",
    expected: `at most ${fewest}, the test samples of task ${counts.indexOf(fewest) + 1}`,
    found: String(continuum),
    ...(fewest > 0 && { remedy: `Add test samples, or set continuum to ${fewest}` }),
  });
}

/** Of as many classes as a task has, every one is among the top. */
function checkTop({ tasks }: TaskSamples, top: number): void {
  const smallest = Math.min(...tasks.map(({ length }) => length));
  if (top === 1 || top < smallest) return;
  throw new ItamlError("CONFIG_INVALID", "top is no measure for tasks as small as these", {
    where: "top",
    expected: `less than ${smallest}, the classes of the smallest task`,
    found: String(top),
  });
}

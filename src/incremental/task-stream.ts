import { ItamlError } from "../base/errors.js";
import { seededRandom } from "../base/random.js";

export interface TaskStreamOptions {
  /** Classes that the data set has. */
  readonly classCount: number;
  /** Classes of each task: a number for all (a remainder makes a smaller last task), or a list. */
  readonly classesPerTask: number | readonly number[];
  /** Number of tasks. Default: as many as there are classes for, or as the list is long. */
  readonly tasks?: number | undefined;
  /** `natural`: 0, 1, 2, …; `shuffled`: by the seed. */
  readonly classOrder: "natural" | "shuffled";
  readonly seed: number;
}

/**
 * The classes of each task, in the order in which they are learned.
 *
 * @throws {ItamlError} CONFIG_INVALID where more classes are asked for than there are
 */
export function taskStream(options: TaskStreamOptions): number[][] {
  const { classCount, classesPerTask, classOrder, seed } = options;
  const order = Array.from({ length: classCount }, (_, i) => i);
  if (classOrder === "shuffled") seededRandom(seed, "class order").shuffle(order);
  const sizes = taskSizes(options);
  const wanted = sizes.reduce((sum, size) => sum + size, 0);
  if (wanted > classCount) {
    throw new ItamlError("CONFIG_INVALID", "the tasks need more classes than the data set has", {
      where: "classesPerTask",
      expected: `at most ${classCount} classes in all`,
      found: `${wanted} (${[classesPerTask].flat().join(", ")} a task, ${sizes.length} tasks)`,
      remedy: "Ask for fewer tasks or fewer classes in each",
    });
  }
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return order.slice(start - size, start);
  });
}

function taskSizes({ classCount, classesPerTask, tasks }: TaskStreamOptions): readonly number[] {
  if (typeof classesPerTask !== "number") {
    if (tasks !== undefined && tasks > classesPerTask.length) {
      throw new ItamlError("CONFIG_INVALID", "there are more tasks than sizes of tasks", {
        where: "tasks",
        expected: `at most ${classesPerTask.length}, the length of classesPerTask`,
        found: String(tasks),
      });
    }
    return classesPerTask.slice(0, tasks);
  }
  if (tasks !== undefined) return Array.from({ length: tasks }, () => classesPerTask);
  const full = Math.floor(classCount / classesPerTask);
  const rest = classCount - full * classesPerTask;
  return [...Array.from({ length: full }, () => classesPerTask), ...(rest ? [rest] : [])];
}

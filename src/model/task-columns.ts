/** Where the classes of each task stand among the columns of all classes seen. */
export interface TaskColumns {
  readonly start: number;
  readonly end: number;
}

/** The columns of tasks with these numbers of classes, one after another. */
export function taskColumns(sizes: readonly number[]): TaskColumns[] {
  let end = 0;
  return sizes.map((size) => {
    end += size;
    return { start: end - size, end };
  });
}

/** Groups what stands for each class seen by tasks of these sizes. */
export function byTask<T>(classes: readonly T[], sizes: readonly number[]): T[][] {
  return taskColumns(sizes).map(({ start, end }) => classes.slice(start, end));
}

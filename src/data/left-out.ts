import { relative } from "node:path";

/** Files in a data set's folder that are not among its pictures, for one reason. */
export interface LeftOut {
  /** Such as "of type .bmp". */
  readonly reason: string;
  readonly count: number;
  /** One of them, as a path. */
  readonly example: string;
}

/** Counts what is left out, by its reason. */
export class LeftOutFiles {
  readonly #counts = new Map<string, LeftOut>();

  add(reason: string, files: readonly string[]): void {
    const [example] = files;
    if (example === undefined) return;
    const before = this.#counts.get(reason);
    const count = files.length;
    this.#counts.set(
      reason,
      before ? { ...before, count: before.count + count } : { ...{ reason, count, example } },
    );
  }

  list(): LeftOut[] {
    return [...this.#counts.values()].sort(
      (a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1),
    );
  }
}

/** What is left out, in a line for each reason. */
export function leftOutNotes(leftOut: readonly LeftOut[], folder: string): string[] {
  return leftOut.map(({ reason, count, example }) => {
    const files = count === 1 ? "1 file" : `${count.toLocaleString("en")} files`;
    return `left out: ${files} ${reason}, such as ${relative(folder, example)}`;
  });
}

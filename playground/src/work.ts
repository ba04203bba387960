import { batch, signal } from "@preact/signals";

/** What the page is busy with. */
export const busy = signal<string | undefined>();
/** The share of it that is done, 0..1. */
export const progress = signal(0);
export const failure = signal<string | undefined>();

/** Says what share of a work is done, 0..1, and what it is now, where that changes. */
export type Report = (done: number, what?: string) => void;

let underWay = 0;

/**
 * Does what takes time, with its name on the page; an error is shown. The page is busy until the last work under way is
 * done, with what was begun first: asking while it learns takes nothing off the learning.
 */
export async function working(
  what: string,
  work: (report: Report) => Promise<void>,
): Promise<void> {
  const isFirst = underWay === 0;
  underWay += 1;
  const report: Report = (done, now = busy.value) => {
    if (isFirst) batch(() => ([busy.value, progress.value] = [now, done]));
  };
  report(0, what);
  failure.value = undefined;
  try {
    await work(report);
  } catch (error) {
    failure.value = messageOf(error);
  } finally {
    underWay -= 1;
    if (underWay === 0) busy.value = undefined;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

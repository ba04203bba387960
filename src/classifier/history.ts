import * as z from "../base/schema.js";
import type { Label } from "./labels.js";

const label = z.union([z.string(), z.number()]);

/** Of samples; null where they weren't counted. */
const number = z.int().min(1).nullable();

/** What was done to a classifier: labels with their numbers of samples were learned, or labels were forgotten. */
export const eventSchema = z.union([
  z.strictObject({ time: z.iso.datetime(), learned: z.array(z.tuple([label, number])) }),
  z.strictObject({ time: z.iso.datetime(), forgotten: z.array(label) }),
]);

export type HistoryEvent = z.output<typeof eventSchema>;

/** A class that a classifier knows. */
export interface KnownClass {
  readonly label: Label;
  /** The task that brought it, counted from 0. */
  readonly task: number;
  /** How many it was learned from; undefined where a classifier was saved by a version that didn't count. */
  readonly samples: number | undefined;
  /** When it was learned first; undefined likewise. */
  readonly learned: Date | undefined;
  /** When more of it was learned last, or first; undefined likewise. */
  readonly changed: Date | undefined;
}

/** The classes of tasks, with what a history says of each since it was forgotten last. */
export function knownClasses(
  tasks: readonly (readonly Label[])[],
  history: readonly HistoryEvent[],
): KnownClass[] {
  const known = new Map<Label, Pick<KnownClass, "samples" | "learned"> & { changed: Date }>();
  for (const event of history) {
    const changed = new Date(event.time);
    if ("forgotten" in event) {
      for (const gone of event.forgotten) known.delete(gone);
    } else {
      for (const [name, count] of event.learned) {
        const { samples, learned } = known.get(name) ?? { samples: 0, learned: changed };
        const all = samples === undefined || count === null ? undefined : samples + count;
        known.set(name, { samples: all, learned, changed });
      }
    }
  }
  const unknown = { samples: undefined, learned: undefined, changed: undefined };
  return tasks.flatMap((labels, task) =>
    labels.map((name) => ({ label: name, task, ...(known.get(name) ?? unknown) })),
  );
}

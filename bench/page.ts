// What a run of the benchmarks comes to: one table, a file to compare with, and the comparison.
import { ItamlError } from "../src/base/errors.js";
import * as z from "../src/base/schema.js";
import { readFileOrThrow } from "../src/files/read-file.js";

const times = z.array(z.number().positive()).min(1);

const rowSchema = z.object({
  /** Names the row from one page to the next. */
  workload: z.string(),
  /** `ms`, `s`, or a rate such as `pictures/s`, of which more is better. */
  unit: z.string(),
  /** Of each round. */
  ours: times,
  /** A program that took turns with ours: as many rounds. */
  other: z.object({ name: z.string(), times }).optional(),
  /** What the figures don't say. */
  note: z.string().optional(),
  /** The most memory that the row's process had, in MB, with that of the rows measured with it. */
  memory: z.number().optional(),
});

const pageSchema = z.object({
  /** What it was measured on and with. */
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
  rows: z.array(rowSchema),
});

/** A measurement, beside another program's where there is one. */
export type Row = z.output<typeof rowSchema>;

/** All that was measured in one run, and on what. */
export type Page = z.output<typeof pageSchema>;

/** @throws {ItamlError} FILE_INVALID */
export async function readPage(path: string): Promise<Page> {
  const text = String(await readFileOrThrow(path, "FILE_INVALID"));
  try {
    return pageSchema.parse(JSON.parse(text));
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const problem = {
      where: [path, issue?.path.join(".")].filter(Boolean).join(", "),
      expected: "a file that npm run bench has written",
      found: issue?.message ?? (cause as Error).message,
    };
    throw new ItamlError("FILE_INVALID", "not figures of the benchmarks", problem, { cause });
  }
}

const HEADS = ["", "unit", "ours", "other", "beside", "ratio", "spread", "MB"];

/**
 * The rows as cells, heads first. A ratio is of times, the median over the rounds of ours by the other's; the spread is the
 * least and the most of them, and where there is no other of ours by their median.
 *
 * @param before what to compare with: two more columns. Default: nothing
 */
export function pageTable({ rows }: Page, before?: Page): string[][] {
  const table = rows.map((row) => {
    const { workload, unit, ours, other, memory } = row;
    const ratios = other ? inTurn(row, ours, other.times) : [];
    const spread = other ? ratios : ours.map((own) => own / median(ours));
    const cells = [
      ...[workload, unit, figure(median(ours)), other ? figure(median(other.times)) : ""],
      ...[other?.name ?? "", other ? median(ratios).toFixed(2) : ""],
      spread.length > 1
        ? `${Math.min(...spread).toFixed(2)}–${Math.max(...spread).toFixed(2)}`
        : "",
      memory === undefined ? "" : memory.toFixed(0),
    ];
    if (!before) return cells;
    const old = before.rows.find((one) => one.workload === workload && one.unit === unit);
    const ofBefore = old && asTime(row, median(ours) / median(old.ours)).toFixed(2);
    return [...cells, old ? figure(median(old.ours)) : "", ofBefore ?? ""];
  });
  return [[...HEADS, ...(before ? ["before", "of before"] : [])], ...table];
}

/** What isn't the same as before, each as a line: what is compared may be the machines. */
export function differences({ machine, rows }: Page, before: Page): string[] {
  const keys = ["processor", "cores", "system", "node", "onnxruntime", "pytorch"];
  const lines = keys
    .filter((key) => machine[key] !== before.machine[key])
    .map((key) => `${key}: ${machine[key] ?? "none"}, before ${before.machine[key] ?? "none"}`);
  const now = new Set(rows.map(({ workload }) => workload));
  const gone = before.rows.filter(({ workload }) => !now.has(workload)).length;
  return gone > 0 ? [...lines, `rows of before that weren't measured now: ${gone}`] : lines;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

/** Ratios of times, round by round. */
function inTurn(row: Row, ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((own, round) => asTime(row, own / (theirs[round] as number)));
}

/** Of a rate less time is more. */
function asTime({ unit }: Row, ratio: number): number {
  return unit.endsWith("/s") ? 1 / ratio : ratio;
}

/** Three digits that count. */
function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

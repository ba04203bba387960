import type { Row } from "./page.js";
import type { PyTorch } from "./pytorch.js";

/** What a benchmark has to work with. */
export interface Bench {
  /** How often everything is measured, after once that doesn't count. */
  readonly rounds: number;
  /** Of every program. */
  readonly threads: number;
  /** Folder with a folder for each data set. */
  readonly data: string;
  /** Undefined where no Python with PyTorch was found. */
  readonly pytorch: PyTorch | undefined;
  /** Tells people how far it is. */
  progress(text: string): void;
}

/** A benchmark: what `npm run bench` runs by its name. */
export interface Workload {
  readonly name: string;
  /** What it measures, in a line. */
  readonly about: string;
  /** It takes so long, or needs data, that it runs only where it is named. */
  readonly onlyNamed?: boolean;
  /** Each runs in a process of its own, whose memory is that of its rows. */
  readonly parts: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>>;
}

/** A program, and how long its work takes, in whatever unit. */
export type Measure = () => Promise<number>;

/** Measures programs in turns: what disturbs a round disturbs all of them. One round before doesn't count. */
export async function inTurns<Name extends string>(
  { rounds, progress }: Bench,
  programs: Readonly<Partial<Record<Name, Measure>>>,
): Promise<Record<Name, number[]>> {
  const each = Object.entries(programs) as [Name, Measure | undefined][];
  const times = Object.fromEntries(each.map(([name]) => [name, []])) as unknown as Record<
    Name,
    number[]
  >;
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? "warming up" : `round ${round} of ${rounds}`);
    for (const [name, measure] of each) {
      const time = await measure?.();
      if (round > 0 && time !== undefined) times[name].push(time);
    }
  }
  return times;
}

/** A program's times under its name, where there are any: there is nothing to stand beside where it isn't found. */
export function beside(name: string, times: readonly number[]): Pick<Row, "other"> {
  return times.length > 0 ? { other: { name, times: [...times] } } : {};
}

/** Milliseconds of a repetition. */
export async function milliseconds(work: () => Promise<unknown>, repetitions = 1): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < repetitions; i++) await work();
  return (performance.now() - started) / repetitions;
}

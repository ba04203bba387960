import { batch, computed, signal } from "@preact/signals";
import { chunks } from "../../src/base/chunks.js";
import { dropClassifier, ItamlError, type Label } from "../../src/web.js";
import { unzipped } from "./archive.js";
import { drawDigits } from "./digits.js";
import { dropKept, keep, keeping, kept } from "./keeping.js";
import { chooseKind, type Kind, kind } from "./kind.js";
import { openNetwork, weightsMissing } from "./photograph.js";
import type { Sample } from "./sample.js";
import { NAMES, Teacher } from "./teacher.js";
import { failure, messageOf, type Report, working } from "./work.js";

/** A class that waits to be taught. */
export interface NewClass {
  readonly label: string;
  readonly samples: readonly Sample[];
}

/** How many of a task's held-out samples are right, one by one among all classes. */
export interface TaskAccuracy {
  readonly remembers: number;
  readonly forgets: number;
}

/** Of every so many samples one is held out, to be asked about. */
const HELD_OUT = 5;

export const tasks = signal<readonly (readonly Label[])[]>([]);
export const waiting = signal<readonly NewClass[]>([]);
/** For each label samples that were not taught. */
export const heldOut = signal<ReadonlyMap<string, readonly Sample[]>>(new Map());
/** After each task, of each task so far. */
export const history = signal<readonly (readonly TaskAccuracy[])[]>([]);
/** The classifiers are on their way: what is asked for waits for them. */
export const loading = signal(true);
export const knows = computed(() => tasks.value.length > 0);

let teacher: Promise<Teacher> = Promise.reject(new Error("nothing was loaded"));
teacher.catch(() => {});

/** Does what takes time, with the two classifiers: see {@link working}. */
export function doing(
  what: string,
  work: (own: Teacher, report: Report) => Promise<void>,
): Promise<void> {
  return working(what, async (report) => work(await teacher, report));
}

/** Brings the classifiers and the samples, as they were when the page was last open. */
export async function open(): Promise<void> {
  loading.value = true;
  weightsMissing.value = false;
  teacher = bring();
  try {
    await teacher;
    if (kind.value === "photographs") await openNetwork();
  } catch (error) {
    if (!weightsMissing.value) failure.value = messageOf(error);
  } finally {
    loading.value = false;
  }
}

async function bring(): Promise<Teacher> {
  // First, and alone: also where the classifiers can't be opened, what waits must not be overwritten.
  waiting.value = (await kept<typeof waiting.value>("waiting")) ?? [];
  const held = (await kept<typeof heldOut.value | Record<string, Sample[]>>("heldOut")) ?? {};
  const past = (await kept<typeof history.value>("history")) ?? [];
  const own = await Teacher.open(kind.value).catch(sayWhatToDo);
  batch(() => {
    tasks.value = own.tasks;
    // Before, it was kept as an object.
    heldOut.value = new Map(held instanceof Map ? held : Object.entries(held));
    history.value = past;
  });
  return own;
}

/** Nothing but these two takes what is kept away: it may be of use elsewhere. */
function sayWhatToDo(cause: unknown): never {
  if (!(cause instanceof ItamlError && cause.code === "FILE_INVALID")) throw cause;
  const remedy = "“Load one…” and “Forget everything” put another one in its place.";
  throw new Error(`What is kept can’t be opened: ${cause.message} ${remedy}`, { cause });
}

/** Ends the classifiers, where there are any. */
async function releaseTeacher(): Promise<void> {
  (await teacher.catch(() => undefined))?.release();
}

function nothing(): void {
  [tasks.value, waiting.value, history.value, heldOut.value] = [[], [], [], new Map()];
}

/** Goes on with what was taught of the other kind. */
export async function turnTo(chosen: Kind): Promise<void> {
  await releaseTeacher();
  // At once: samples of one kind can't be shown as the other's.
  batch(() => {
    nothing();
    chooseKind(chosen);
    failure.value = undefined;
  });
  await open();
}

/** Adds samples to a class that waits, which is new where there is none of that name. */
export function addSamples(label: string, samples: readonly Sample[]): void {
  const known = waiting.value.find((one) => one.label === label);
  waiting.value = known
    ? waiting.value.map((one) =>
        one === known ? { label, samples: [...one.samples, ...samples] } : one,
      )
    : [...waiting.value, { label, samples }];
  void keeping(() => keep("waiting", waiting.value));
}

export function removeWaiting(label: string): void {
  waiting.value = waiting.value.filter((one) => one.label !== label);
  void keeping(() => keep("waiting", waiting.value));
}

/** Teaches all classes that wait, as one task. What is drawn meanwhile waits for the next one. */
export function teach(): Promise<void> {
  const classes = waiting.value;
  const names = classes.map(({ label }) => label).join(", ");
  return doing(`Learning ${names}`, (own, report) => learn(own, classes, report));
}

async function learn(own: Teacher, classes: readonly NewClass[], report: Report): Promise<void> {
  const images: Sample[] = [];
  const labels: string[] = [];
  const held = new Map(heldOut.value);
  for (const { label, samples } of classes) {
    const isHeld = (i: number) => i % HELD_OUT === HELD_OUT - 1;
    held.set(label, [...(held.get(label) ?? []), ...samples.filter((_, i) => isHeld(i))]);
    const taught = samples.filter((_, i) => !isHeld(i));
    images.push(...taught);
    labels.push(...taught.map(() => label));
  }
  await own.learn({ images, labels }, report);
  batch(() => {
    tasks.value = own.tasks;
    heldOut.value = held;
    waiting.value = without(waiting.value, classes);
  });
  history.value = [...history.value, await accuracies(own)];
  await keepAll(own);
}

/** What still waits when some samples were taught. */
function without(all: readonly NewClass[], taught: readonly NewClass[]): NewClass[] {
  const gone = new Set(taught.flatMap(({ samples }) => samples));
  return all
    .map(({ label, samples }) => ({ label, samples: samples.filter((one) => !gone.has(one)) }))
    .filter(({ samples }) => samples.length > 0);
}

/** The classifiers first: where there is no room for them, what is kept beside them stays that of the kept ones. */
function keepAll(own: Teacher): Promise<void> {
  return keeping(async () => {
    await own.keep();
    await keep("heldOut", heldOut.value);
    await keep("history", history.value);
    await keep("waiting", waiting.value);
  });
}

/** Forgets one class. */
export function forget(label: Label): Promise<void> {
  return doing(`Forgetting ${label}`, async (own) => {
    await own.forget(label);
    const held = new Map(heldOut.value);
    held.delete(String(label));
    batch(() => {
      tasks.value = own.tasks;
      heldOut.value = held;
    });
    history.value = knows.value ? [...history.value, await accuracies(own)] : [];
    await keepAll(own);
  });
}

async function accuracies(own: Teacher): Promise<TaskAccuracy[]> {
  const found: TaskAccuracy[] = [];
  for (const labels of tasks.value) {
    const asked = labels.flatMap((label) =>
      (heldOut.value.get(String(label)) ?? []).map((sample) => ({ label, sample })),
    );
    const right = async (which: "remembers" | "forgets") => {
      if (asked.length === 0) return Number.NaN;
      const samples = asked.map(({ sample }) => sample);
      const answers = await own.each(which, samples);
      return answers.filter((answer, i) => answer === asked[i]?.label).length / asked.length;
    };
    found.push({ remembers: await right("remembers"), forgets: await right("forgets") });
  }
  return found;
}

/** Teaches the built-in digits, two classes a task. */
export function demonstrate(): Promise<void> {
  return doing("Drawing digits", async (own, report) => {
    const taken = new Set<Label>(tasks.value.flat());
    const digits = [...(await drawDigits())].map(([label, samples]) => ({ label, samples }));
    for (const pair of chunks(digits, 2)) {
      const drawn = pair.filter(({ label }) => !taken.has(label));
      if (drawn.length === 0) continue;
      report(0, `Learning ${drawn.map(({ label }) => label).join(" and ")}`);
      await learn(own, drawn, report);
    }
  });
}

/**
 * Goes on with a classifier that was saved elsewhere, as a .zip. What was learned here stays unless that can be opened;
 * then what was held out of it, and its history, are gone with it.
 */
export function load(file: Blob): Promise<void> {
  return working("Loading", async () => {
    const files = unzipped(new Uint8Array(await file.arrayBuffer()));
    const own = await Teacher.load(kind.value, files);
    await releaseTeacher();
    teacher = Promise.resolve(own);
    batch(() => {
      tasks.value = own.tasks;
      [heldOut.value, history.value] = [new Map(), []];
    });
    await keepAll(own);
  });
}

/** Forgets everything, on this page and in the browser, also where what is kept there can't be opened. */
export function startAgain(): Promise<void> {
  return working("Forgetting", async () => {
    await releaseTeacher();
    nothing();
    await keeping(async () => {
      for (const name of Object.values(NAMES[kind.value])) await dropClassifier(name);
      await dropKept();
    });
    await open();
  });
}

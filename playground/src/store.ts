import { batch, computed, signal } from "@preact/signals";
import { createStore, del, get, set } from "idb-keyval";
import { chunks } from "../../src/base/chunks.js";
import { dropClassifier, type Label } from "../../src/web.js";
import { drawDigits } from "./digits.js";
import { chooseKind, type Kind, kind } from "./kind.js";
import { openNetwork, weightsMissing } from "./photograph.js";
import type { Sample } from "./sample.js";
import { NAMES, Teacher } from "./teacher.js";

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
const store = createStore("itaml-playground", "samples");

type Kept = "waiting" | "heldOut" | "history";
const keyOf = (name: Kept) => (kind.value === "drawings" ? name : `${kind.value} ${name}`);
const kept = <T>(name: Kept): Promise<T | undefined> => get(keyOf(name), store);
const keep = (name: Kept, value: unknown) => set(keyOf(name), value, store);

export const tasks = signal<readonly (readonly Label[])[]>([]);
export const waiting = signal<readonly NewClass[]>([]);
/** For each label samples that were not taught. */
export const heldOut = signal<Readonly<Record<string, readonly Sample[]>>>({});
/** After each task, of each task so far. */
export const history = signal<readonly (readonly TaskAccuracy[])[]>([]);
export const busy = signal<string | undefined>();
export const progress = signal(0);
export const failure = signal<string | undefined>(undefined);
/** The classifiers are on their way: what is asked for waits for them. */
export const loading = signal(true);
export const knows = computed(() => tasks.value.length > 0);

let teacher: Promise<Teacher> = Promise.reject(new Error("nothing was loaded"));
teacher.catch(() => {});

/** The two classifiers. */
export function theTeacher(): Promise<Teacher> {
  return teacher;
}

/** Does what takes time, with its name on the page; an error is shown. */
export async function doing(what: string, work: (own: Teacher) => Promise<void>): Promise<void> {
  busy.value = what;
  progress.value = 0;
  failure.value = undefined;
  try {
    await work(await teacher);
  } catch (error) {
    failure.value = messageOf(error);
  } finally {
    busy.value = undefined;
  }
}

/** Brings the classifiers, as they were when the page was last open. */
export async function open(): Promise<void> {
  loading.value = true;
  teacher = Teacher.open(kind.value);
  try {
    tasks.value = (await teacher).tasks;
    heldOut.value = (await kept<typeof heldOut.value>("heldOut")) ?? {};
    history.value = (await kept<typeof history.value>("history")) ?? [];
    waiting.value = (await kept<typeof waiting.value>("waiting")) ?? [];
    weightsMissing.value = false;
    if (kind.value === "photographs") await openNetwork();
  } catch (error) {
    if (!weightsMissing.value) failure.value = messageOf(error);
  } finally {
    loading.value = false;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function nothing(): void {
  [tasks.value, waiting.value, history.value, heldOut.value] = [[], [], [], {}];
}

/** Goes on with what was taught of the other kind. */
export async function turnTo(chosen: Kind): Promise<void> {
  (await teacher.catch(() => undefined))?.release();
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
  void keep("waiting", waiting.value);
}

export function removeWaiting(label: string): void {
  waiting.value = waiting.value.filter((one) => one.label !== label);
  void keep("waiting", waiting.value);
}

/** Teaches all classes that wait, as one task. */
export function teach(): Promise<void> {
  return doing(`Learning ${waiting.value.map(({ label }) => label).join(", ")}`, async (own) => {
    await learn(own, waiting.value);
    waiting.value = [];
    await keep("waiting", []);
  });
}

async function learn(own: Teacher, classes: readonly NewClass[]): Promise<void> {
  const images: Sample[] = [];
  const labels: string[] = [];
  const held: Record<string, readonly Sample[]> = { ...heldOut.value };
  for (const { label, samples } of classes) {
    const isHeld = (i: number) => i % HELD_OUT === HELD_OUT - 1;
    held[label] = [...(held[label] ?? []), ...samples.filter((_, i) => isHeld(i))];
    const taught = samples.filter((_, i) => !isHeld(i));
    images.push(...taught);
    labels.push(...taught.map(() => label));
  }
  await own.learn({ images, labels }, (done) => {
    progress.value = done;
  });
  tasks.value = own.tasks;
  heldOut.value = held;
  history.value = [...history.value, await accuracies(own)];
  await keep("heldOut", held);
  await keep("history", history.value);
}

/** Forgets one class. */
export function forget(label: Label): Promise<void> {
  return doing(`Forgetting ${label}`, async (own) => {
    await own.forget(label);
    tasks.value = own.tasks;
    const { [String(label)]: _, ...others } = heldOut.value;
    heldOut.value = others;
    history.value = knows.value ? [...history.value, await accuracies(own)] : [];
    await keep("heldOut", others);
    await keep("history", history.value);
  });
}

async function accuracies(own: Teacher): Promise<TaskAccuracy[]> {
  const found: TaskAccuracy[] = [];
  for (const labels of tasks.value) {
    const asked = labels.flatMap((label) =>
      (heldOut.value[String(label)] ?? []).map((sample) => ({ label, sample })),
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
  return doing("Drawing digits", async (own) => {
    const taken = new Set<Label>(tasks.value.flat());
    const digits = [...(await drawDigits())].map(([label, samples]) => ({ label, samples }));
    for (const pair of chunks(digits, 2)) {
      const drawn = pair.filter(({ label }) => !taken.has(label));
      if (drawn.length === 0) continue;
      busy.value = `Learning ${drawn.map(({ label }) => label).join(" and ")}`;
      progress.value = 0;
      await learn(own, drawn);
    }
  });
}

/** Forgets everything, on this page and in the browser. */
export function startAgain(): Promise<void> {
  return doing("Forgetting", async (own) => {
    own.release();
    for (const name of Object.values(NAMES[kind.value])) await dropClassifier(name);
    for (const name of ["waiting", "heldOut", "history"] as const) await del(keyOf(name), store);
    nothing();
    await open();
  });
}

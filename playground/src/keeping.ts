import { signal } from "@preact/signals";
import { createStore, del, get, set } from "idb-keyval";
import { kind } from "./kind.js";
import { failure, messageOf } from "./work.js";

/** What is kept of each kind, beside the classifiers. */
const PLACES = ["waiting", "heldOut", "history"] as const;
type Place = (typeof PLACES)[number];

const store = createStore("itaml-playground", "samples");
const keyOf = (place: Place) => (kind.value === "drawings" ? place : `${kind.value} ${place}`);

/** What was kept; undefined where nothing was, or where this browser keeps nothing. */
export async function kept<T>(place: Place): Promise<T | undefined> {
  return await ifOurs(async () => await get<T>(keyOf(place), store));
}

export async function keep(place: Place, value: unknown): Promise<void> {
  await set(keyOf(place), value, store);
}

export async function dropKept(): Promise<void> {
  for (const place of PLACES) await del(keyOf(place), store);
}

/** Another tab has this page open and keeps what is taught there. Two would mix: here nothing is read, and nothing kept. */
export const keptElsewhere = signal(false);

/** Milliseconds that a page which is opened again may take to close. */
const CLOSING = 1000;

/** Until the tab is closed. Pages that are not from a safe place don't know of each other. */
const keepsHere = new Promise<boolean>((tell) => {
  if (navigator.locks === undefined) tell(true);
  const waiting = { signal: AbortSignal.timeout(CLOSING) };
  navigator.locks
    ?.request("itaml-playground", waiting, async () => {
      tell(true);
      await new Promise(() => {});
    })
    .catch((error: unknown) => {
      // Where site data is blocked locks are refused, too: keeping says so.
      keptElsewhere.value = /^(Timeout|Abort)Error$/.test((error as DOMException).name);
      tell(!keptElsewhere.value);
    });
});

/** Keeps something, unless another tab does. Where that fails, for want of room or as site data is blocked, the page says so and goes on. */
export async function keeping(work: () => Promise<void>): Promise<void> {
  if (!(await keepsHere)) return;
  try {
    await work();
  } catch (error) {
    failure.value = `This browser did not keep it: ${messageOf(error)}`;
  }
}

/**
 * Reads something that is kept. Where site data is blocked nothing is, and another tab's is not ours: the page works, and is
 * empty when it is opened again.
 *
 * @returns undefined there
 */
export async function ifOurs<T>(read: () => Promise<T>): Promise<T | undefined> {
  return isBlocked() || !(await keepsHere) ? undefined : await read();
}

/** IndexedDB's own errors for it are another one in each browser, and in Chromium one that has other causes, too. */
function isBlocked(): boolean {
  try {
    return localStorage === null;
  } catch {
    return true;
  }
}

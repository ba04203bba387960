import { createStore, del, get, keys, set, type UseStore } from "idb-keyval";
import type { ClassifierFiles } from "../classifier/saved-classifier.js";

let opened: UseStore | undefined;

/** Where this origin's classifiers are kept, in IndexedDB. */
function store(): UseStore {
  opened ??= createStore("itaml", "classifiers");
  return opened;
}

/**
 * Keeps a classifier in the browser under a name. It is replaced as a whole, or, where there is no room, left as it was.
 *
 * @throws {DOMException} QuotaExceededError
 */
export function keepClassifier(name: string, files: ClassifierFiles): Promise<void> {
  return set(name, new Map(files), store());
}

/** What was kept under a name; undefined where nothing was. */
export function keptClassifier(name: string): Promise<ClassifierFiles | undefined> {
  return get(name, store());
}

/** The names of all that is kept. */
export function keptClassifiers(): Promise<string[]> {
  return keys(store());
}

/** Removes what is kept under a name. */
export function dropClassifier(name: string): Promise<void> {
  return del(name, store());
}

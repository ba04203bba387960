import { signal } from "@preact/signals";

/** What is taught: each has classifiers, samples and a history of its own. */
export type Kind = "drawings" | "photographs";

export const KINDS: readonly Kind[] = ["drawings", "photographs"];
const KEY = "itaml-playground-kind";

export const kind = signal<Kind>(lastKind());

export function chooseKind(chosen: Kind): void {
  kind.value = chosen;
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // Site data is blocked, or there is no room: next time the page begins with drawings.
  }
}

function lastKind(): Kind {
  try {
    return localStorage.getItem(KEY) === "photographs" ? "photographs" : "drawings";
  } catch {
    // Site data is blocked.
    return "drawings";
  }
}

import { signal } from "@preact/signals";

/** What is taught: each has classifiers, samples and a history of its own. */
export type Kind = "drawings" | "photographs";

export const KINDS: readonly Kind[] = ["drawings", "photographs"];
const KEY = "itaml-playground-kind";

export const kind = signal<Kind>(
  localStorage.getItem(KEY) === "photographs" ? "photographs" : "drawings",
);

export function chooseKind(chosen: Kind): void {
  kind.value = chosen;
  localStorage.setItem(KEY, chosen);
}

/** Each value once, in the order of their first ones. */
export function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** `a, b and c`. */
export function listOf(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words.join("");
}

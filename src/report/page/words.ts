/** Each value once, in the order of their first ones. */
export function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** `a, b and c`. */
export function listOf(words: readonly string[]): string {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words.join("");
}

/** With a capital, but for names such as iTAML. */
export function capitalized(text: string): string {
  return /^[a-z][A-Z]/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** `1 run`, `2 runs`. */
export function counted(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? "" : "s"}`;
}

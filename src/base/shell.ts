/** A command line as a shell reads it. */
export function shellCommand(words: readonly string[]): string {
  return words.map(quoted).join(" ");
}

/** A word as shells take it for one. */
export function quoted(word: string): string {
  return /^[\p{L}\p{N}_@%+=:,./…-]+$/u.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What {@link quoted} was given. */
export function unquoted(text: string): string {
  return text.startsWith("'") ? text.slice(1, -1).replaceAll("'\\''", "'") : text;
}

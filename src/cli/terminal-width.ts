/** Columns that what is printed may have: those of the terminal, and as many as it takes for files and other programs. */
export function terminalWidth(): number {
  return (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY;
}

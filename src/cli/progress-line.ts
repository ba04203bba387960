/** A line on a terminal that is written over, a few times a second. */
export class ProgressLine {
  #last = Number.NEGATIVE_INFINITY;

  show(text: () => string): void {
    if (!process.stderr.isTTY || performance.now() - this.#last < 200) return;
    this.#last = performance.now();
    process.stderr.write(`\r\x1b[K${text()}`);
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }
}

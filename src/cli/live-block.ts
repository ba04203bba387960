export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Whether colours are wanted (NO_COLOR). */
  hasColors?(): boolean;
}

/** A line of a block; `dim` where the terminal has colours. */
export interface Line {
  readonly text: string;
  readonly dim?: boolean;
}

/** Lines at the end of a terminal that are written over. */
export class LiveBlock {
  readonly #output: Output;
  #widths: number[] = [];

  constructor(output: Output) {
    this.#output = output;
  }

  get columns(): number {
    return this.#output.columns || 80;
  }

  /** Shows lines in place of those of before, cut to the terminal's width. */
  show(lines: readonly Line[]): void {
    const cut = lines.map(({ text, dim }) => ({ text: text.slice(0, this.columns - 1), dim }));
    const written = cut.map(({ text, dim }) => (dim ? this.#dim(text) : text));
    this.#output.write(`${this.#start()}${written.join("\n")}`);
    this.#widths = cut.map(({ text }) => text.length);
  }

  /** Takes the lines away, so that something else can be written. */
  clear(): void {
    if (this.#widths.length > 0) this.#output.write(this.#start());
    this.#widths = [];
  }

  /** Leaves the lines as they are, and goes on below them. */
  keep(): void {
    if (this.#widths.length > 0) this.#output.write("\n");
    this.#widths = [];
  }

  /** To where the block begins, all after it erased. A terminal that became narrower has wrapped its lines. */
  #start(): string {
    const rows = this.#widths.map((width) => Math.max(1, Math.ceil(width / this.columns)));
    const up = rows.reduce((sum, own) => sum + own, 0) - 1;
    return `\r${up > 0 ? `\x1b[${up}A` : ""}\x1b[J`;
  }

  #dim(text: string): string {
    return this.#output.hasColors?.() ? `\x1b[2m${text}\x1b[22m` : text;
  }
}

type Rows = readonly (readonly string[])[];

/**
 * Rows of cells as lines of text, the first row the heads: the first column to the left, the others to the right. Where
 * they are wider than `width`, heads and first cells are broken, and columns that still don't fit go on below, each
 * block with the first column.
 *
 * @param width columns of the terminal. Default: as many as it takes
 */
export function textTable(rows: Rows, width = Number.POSITIVE_INFINITY): string {
  const plain = layOut(rows);
  if (plain.every(({ length }) => length <= width)) return plain.join("\n");
  const [heads = [], ...body] = rows;
  const longest = (texts: readonly string[]) => Math.max(...texts.map(({ length }) => length), 0);
  const broken = [
    heads.map((head, column) => {
      // Words stay whole.
      const values = column === 0 ? [] : body.map((row) => row[column] ?? "");
      return wrapText(head, longest([...partsOf(head), ...values]));
    }),
    ...body.map((row) => row.map((cell, i) => (i === 0 ? wrapText(cell, width / 3) : [cell]))),
  ];
  const widths = heads.map((_, column) => longest(broken.flatMap((row) => row[column] ?? [])));
  const blocks: number[][] = [];
  let used = width;
  for (const column of heads.keys()) {
    if (column === 0) continue;
    used += 2 + (widths[column] as number);
    if (used > width) {
      blocks.push([0]);
      used = (widths[0] as number) + 2 + (widths[column] as number);
    }
    blocks.at(-1)?.push(column);
  }
  const lines = blocks.map((columns) =>
    layOut(
      broken.flatMap((row, i) =>
        linesOf(
          columns.map((column) => row[column] ?? []),
          i === 0,
        ),
      ),
    ),
  );
  return lines.map((block) => block.join("\n")).join("\n\n");
}

/** Cells of several lines as rows; those with fewer stand at the bottom among heads, else at the top. */
function linesOf(cells: readonly (readonly string[])[], heads: boolean): string[][] {
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    cells.map((own) => own[heads ? line - height + own.length : line] ?? ""),
  );
}

function layOut(rows: Rows): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}

/** Text in lines of at most `width`, broken after spaces and hyphens, and inside of words that are longer. */
export function wrapText(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const most = Math.max(1, Math.floor(width));
  const pieces = partsOf(text).flatMap(
    (part) => part.match(new RegExp(`.{1,${most}}`, "gu")) ?? [],
  );
  const lines: string[] = [];
  let end = 0;
  for (const piece of pieces) {
    const start = text.indexOf(piece, end);
    const gap = text.slice(end, start);
    end = start + piece.length;
    const longer = `${lines.at(-1) ?? ""}${gap}${piece}`;
    if (lines.length > 0 && longer.length <= most) lines.splice(-1, 1, longer);
    else lines.push(piece);
  }
  return lines;
}

/** What stays on a line: words, and what hyphens part. */
function partsOf(text: string): string[] {
  return text.match(/\S+?-(?=\p{L}{2})|\S+/gu) ?? [];
}

/** Rows of cells as a table of Markdown: the first column to the left, the others to the right. */
export function markdownTable([header = [], ...rows]: Rows): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const alignment = header.map((_, column) => (column === 0 ? "---" : "--:"));
  return [line(header), `|${alignment.join("|")}|`, ...rows.map(line)].join("\n");
}

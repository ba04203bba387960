import * as Plot from "@observablehq/plot";
import { draw } from "./draw.js";

export interface HeatMap {
  readonly description: string;
  /** Fractions 0..1; rows may have different lengths. */
  readonly rows: readonly (readonly number[])[];
  readonly xLabel: string;
  readonly yLabel: string;
}

/** Pixels; three stand in a row. */
const WIDTH = 330;

/** A matrix of tasks, which count from 1, with its numbers in %, as SVG: the more, the darker. */
export function heatMap({ description, rows, xLabel, yLabel }: HeatMap): string {
  const size = Math.max(...rows.map(({ length }) => length), rows.length);
  const cells = rows.flatMap((row, y) => row.map((value, x) => ({ x: x + 1, y: y + 1, value })));
  const tasks = Array.from({ length: size }, (_, task) => task + 1);
  const text = (dark: boolean) =>
    Plot.text(
      cells.filter(({ value }) => value > 0.7 === dark),
      {
        ...{ x: "x", y: "y", fontSize: size > 12 ? 8 : size > 7 ? 10 : 11.5 },
        text: ({ value }) => (100 * value).toFixed(size > 5 ? 0 : 1),
        fill: dark ? "var(--on-heat)" : "currentColor",
      },
    );
  const axis = (label: string) =>
    ({
      ...({ type: "band", domain: tasks, label, tickSize: 0, padding: 0.04 } as const),
      ...({ labelAnchor: "center", labelArrow: "none" } as const),
    }) as const;
  return draw(description, {
    width: WIDTH,
    height: 50 + size * Math.max(WIDTH / 24, Math.min(34, 170 / size)),
    ...{ marginLeft: 40, marginRight: 4, marginTop: 4, marginBottom: 40 },
    x: axis(xLabel),
    y: axis(yLabel),
    opacity: { type: "identity" },
    marks: [
      Plot.cell(cells, {
        ...{ x: "x", y: "y", fill: "var(--heat)", fillOpacity: "value", rx: 2 },
        ...{ stroke: "var(--heat)", strokeOpacity: 0.25 },
      }),
      text(true),
      text(false),
    ],
  });
}

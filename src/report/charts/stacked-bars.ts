import * as Plot from "@observablehq/plot";
import { draw } from "./draw.js";

export interface StackedBars {
  readonly description: string;
  /** For each bar, the values of its parts from the bottom. Bars count from 1. */
  readonly bars: readonly (readonly number[])[];
  readonly xLabel: string;
  /** What charts beside each other share. */
  readonly highest: number;
  readonly colour: string;
}

/** How much of its colour each part of a bar has, from the bottom. */
export const BAR_OPACITIES = [1, 0.55, 0.25];

/** Bars made of parts, as SVG; three charts stand in a row. */
export function stackedBars({ description, bars, xLabel, highest, colour }: StackedBars): string {
  const parts = bars.flatMap((values, bar) =>
    values.map((value, part) => {
      const below = values.slice(0, part).reduce((sum, other) => sum + other, 0);
      return { bar: bar + 1, y1: below, y2: below + value, opacity: BAR_OPACITIES[part] };
    }),
  );
  return draw(description, {
    ...{ width: 330, height: 210 },
    ...{ marginLeft: 40, marginRight: 4, marginTop: 12, marginBottom: 40 },
    x: {
      ...{ type: "band", label: xLabel, labelAnchor: "center", labelArrow: "none" },
      ...{ tickSize: 0, domain: bars.map((_, bar) => bar + 1), padding: 0.25 },
    },
    y: { label: null, grid: true, nice: true, ticks: 5, tickSize: 0, domain: [0, highest || 1] },
    opacity: { type: "identity" },
    marks: [
      Plot.barY(parts, { x: "bar", y1: "y1", y2: "y2", fill: colour, fillOpacity: "opacity" }),
    ],
  });
}

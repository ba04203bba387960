import type { Axis } from "./line-chart.js";

/** From the ten below the lowest value, or from 0 where it is far down: charts beside each other share it. */
export function percentAxis(
  points: readonly { readonly y: number; readonly low?: number | undefined }[],
): Axis {
  const lowest = Math.min(...points.map(({ y, low = y }) => low));
  const start = lowest < 40 ? 0 : 10 * Math.floor(Math.min(lowest, 89) / 10);
  const step = start >= 80 ? 5 : start >= 40 ? 10 : 20;
  const ticks = Array.from({ length: (100 - start) / step + 1 }, (_, i) => start + i * step);
  return { label: "%", domain: [start, 100], ticks: ticks.filter((tick) => tick <= 100) };
}

/** An axis with these places, of which not too many get a tick. */
export function placesAxis(label: string, places: readonly number[]): Axis {
  const sorted = [...places].sort((a, b) => a - b);
  const [first = 0] = sorted;
  const last = sorted.at(-1) ?? first;
  const ticks: number[] = [];
  for (const place of sorted.reverse()) {
    const next = ticks.at(-1);
    if (next === undefined || next - place >= (last - first) / 11) ticks.push(place);
  }
  return { label, domain: [first, Math.max(last, first + 1)], ticks };
}

/** Whole numbers from 1. */
export function countAxis(label: string, last: number): Axis {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => last / size <= 8) ?? 1000;
  const ticks = Array.from({ length: Math.floor(last / step) }, (_, i) => (i + 1) * step);
  return { label, domain: [1, Math.max(2, last)], ticks: [...new Set([1, ...ticks])] };
}

/** 0.0001 as `1e-4`. */
function short(value: number): string {
  return value < 0.001 || value >= 1e5 ? value.toExponential() : String(value);
}

/** 1, 2 and 5 of each decade, or its 1 alone where there are many. */
export function logAxis(values: readonly number[]): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const decades = Math.log10(high / low);
  const steps = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 5];
  const from = Math.floor(Math.log10(low));
  const to = Math.ceil(Math.log10(high));
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => from + i)
    .flatMap((exponent) => steps.map((step) => Number(`${step}e${exponent}`)))
    .filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  const margin = Math.max(1.1, (high / low) ** 0.05);
  const domain = [low / margin, high * margin] as const;
  return { label: "", domain, ticks: ticks.length > 0 ? ticks : [low], type: "log", format: short };
}

export function axisFromZero(values: readonly number[]): Axis {
  const high = Math.max(...values);
  const magnitude = 10 ** Math.floor(Math.log10(high));
  const step = [0.2, 0.5, 1, 2].map((share) => share * magnitude).find((size) => high / size <= 6);
  const size = step ?? high;
  const ticks = Array.from({ length: Math.ceil(high / size) + 1 }, (_, i) => i * size);
  return { label: "", domain: [0, ticks.at(-1) ?? high], ticks };
}

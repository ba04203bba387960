import type { Metric } from "../incremental/metrics.js";

/** 0.9795 as `97.95`. */
export function percent(fraction: number): string {
  return (100 * fraction).toFixed(2);
}

/** What people read in place of a metric's value: fractions in %, bytes in MB. */
export function displayed({ format }: Metric, value: number): number {
  if (format === "fraction") return 100 * value;
  return format === "bytes" ? value / 1e6 : value;
}

/** How the displayed values of a metric are called: ` %`, ` MB`, ` s`; nothing for plain numbers. */
export function unitOf({ format }: Metric): string {
  return { fraction: " %", seconds: " s", bytes: " MB", number: "" }[format];
}

/** A displayed value as text. */
export function formatDisplayed({ format }: Metric, value: number): string {
  switch (format) {
    case "fraction":
      return value.toFixed(2);
    case "seconds":
      return value.toFixed(1);
    case "bytes":
      return value.toFixed(0);
    case "number":
      // Without the digits that rounding to 64 bits leaves behind.
      return String(Number(value.toPrecision(3)));
  }
}

import { PALETTE } from "./style.js";

/** The colours of charts and page, on white and on black. */
export const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  surface: ["#ffffff", "#131517"],
  tint: ["#f5f6f7", "#1c1f22"],
  ink: ["#1b1d1f", "#e6e8ea"],
  muted: ["#5c6268", "#9aa1a8"],
  line: ["#dfe2e5", "#30353a"],
  paper: ["#63686d", "#a9afb5"],
  mark: ["#fdf3d8", "#38301a"],
  rule: ["#bcc2c8", "#4a5057"],
  heat: ["#0072b2", "#56b4e9"],
  "on-heat": ["#ffffff", "#0d0e0f"],
  ...Object.fromEntries(PALETTE.map((colours, i) => [`colour-${i + 1}`, colours])),
};

/** A chart as a file of its own, for white paper: programs that show pictures know no variables. */
export function standalone(chart: string): string {
  const coloured = chart.replace(/var\(--(?:text-)?([\w-]+)\)/g, (_, name) => {
    return (COLOURS[name] as readonly [string, string])[0];
  });
  const style = "background: white; font-family: sans-serif; font-size: 12px";
  return `${coloured.replace(
    "<svg ",
    `<svg xmlns="http://www.w3.org/2000/svg" style="${style}" `,
  )}\n`;
}

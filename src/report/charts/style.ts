/** How a configuration is drawn, the same on the whole page. Colours are variables of the page's style sheet. */
export interface SeriesStyle {
  readonly colour: string;
  /** For text, darker than lines are. */
  readonly textColour: string;
  readonly symbol: "circle" | "square" | "triangle" | "diamond" | "star" | "wye" | "cross";
  /** Of lines; none: solid. */
  readonly dashes?: string;
}

/** Of Okabe and Ito (2008), which the colour-blind can tell apart: on white, and on black. */
export const PALETTE: readonly (readonly [light: string, dark: string])[] = [
  ["#0072b2", "#56b4e9"],
  ["#d55e00", "#e69f00"],
  ["#009e73", "#2fc79d"],
  ["#cc79a7", "#e3a3c6"],
  ["#e69f00", "#f0e442"],
  ["#56b4e9", "#7fa8ff"],
];

const SYMBOLS = ["circle", "square", "triangle", "diamond", "star", "wye"] as const;
const DASHES = [undefined, "7 3", "2 3"];

/** The style of the configuration at this place; more than there are colours differ by their dashes. */
export function seriesStyle(index: number): SeriesStyle {
  const colour = 1 + (index % PALETTE.length);
  const dashes = DASHES[Math.floor(index / PALETTE.length) % DASHES.length];
  return {
    colour: `var(--colour-${colour})`,
    textColour: `var(--text-colour-${colour})`,
    symbol: SYMBOLS[index % SYMBOLS.length] as (typeof SYMBOLS)[number],
    ...(dashes !== undefined && { dashes }),
  };
}

/** What several configurations have in common. */
export const COMMON_STYLE: SeriesStyle = {
  ...{ colour: "var(--ink)", textColour: "var(--ink)", symbol: "circle" },
};

/** The paper's numbers. */
export const PAPER_STYLE: SeriesStyle = {
  colour: "var(--paper)",
  textColour: "var(--paper)",
  symbol: "cross",
  dashes: "3 3",
};

/** A class, as the application names it. */
export type Label = string | number;

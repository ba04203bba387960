import type { TestContext } from "vitest";

/** What a machine may lack. For nothing else may a test be skipped where CI is set: see skips.ts. */
export const NEEDS = [
  "real data",
  "a GPU",
  "a browser",
  "a small disk",
  "Slurm",
  "Linux",
  "POSIX",
] as const;

/**
 * Skips the test where something that it needs isn't there.
 *
 * @param there that it is
 * @param more said after it
 */
export function needs(
  context: TestContext,
  need: (typeof NEEDS)[number],
  there: unknown,
  more = "",
): asserts there {
  if (!there) context.skip(`needs ${need}${more && `: ${more}`}`);
}

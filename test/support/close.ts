import { expect } from "vitest";

/** Expects |actual − expected| ≤ absolute + relative·|expected| for every element. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative = 1e-4, absolute = 1e-6 } = {},
): void {
  expect(actual.length).toBe(expected.length);
  let worst = { excess: Number.NEGATIVE_INFINITY, at: -1 };
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((actual[i] as number) - (expected[i] as number));
    const excess = error - absolute - relative * Math.abs(expected[i] as number);
    // NaN is never within tolerance.
    if (!(excess <= worst.excess)) worst = { excess, at: i };
  }
  if (!(worst.excess <= 0)) {
    const { at } = worst;
    expect.fail(`element ${at}: ${actual[at]} is not close to ${expected[at]}`);
  }
}

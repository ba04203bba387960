/** Moves labels apart, so that no two are nearer than `gap`, keeping their order and above `low`. */
export function spread<T extends { y: number }>(
  items: readonly T[],
  { gap, low = 0 }: { gap: number; low?: number },
): (T & { at: number })[] {
  const sorted = [...items].sort((a, b) => b.y - a.y).map((item) => ({ ...item, at: item.y }));
  sorted.forEach((item, i) => {
    const above = sorted[i - 1];
    if (above) item.at = Math.min(item.at, above.at - gap);
  });
  const overflow = Math.min(0, (sorted.at(-1)?.at ?? low) - low);
  return sorted.map((item) => ({ ...item, at: item.at - overflow }));
}

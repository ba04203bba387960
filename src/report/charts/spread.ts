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

/** Items in groups: each is nearer than `near` to the one before it, and the groups are not. */
export function neighbours<T>(
  items: readonly T[],
  placeOf: (item: T) => number,
  near: number,
): T[][] {
  const groups: T[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const item of [...items].sort((a, b) => placeOf(a) - placeOf(b))) {
    const place = placeOf(item);
    if (place - last < near) groups.at(-1)?.push(item);
    else groups.push([item]);
    last = place;
  }
  return groups;
}

/** How many items are loaded ahead of the one in use. */
const AHEAD = 2;

/**
 * Loads items while those before them are in use.
 *
 * @param load called in the items' order
 * @returns each item's value, in order, with the seconds that its user waited for it
 */
export async function* prefetch<Item, Value>(
  items: readonly Item[],
  load: (item: Item, position: number) => Promise<Value>,
): AsyncGenerator<{ value: Value; waited: number }> {
  const loading: Promise<Value>[] = [];
  let next = 0;
  try {
    for (let position = 0; position < items.length; position++) {
      const asked = performance.now();
      while (next < items.length && next <= position + AHEAD) {
        const value = load(items[next] as Item, next++);
        // Its error is thrown when it is its turn.
        value.catch(() => {});
        loading.push(value);
      }
      const value = await (loading.shift() as Promise<Value>);
      yield { value, waited: (performance.now() - asked) / 1000 };
    }
  } finally {
    await Promise.allSettled(loading);
  }
}

/** Milliseconds of work between two looks at what else there is to do. */
const INTERVAL = 16;

let last = 0;

/**
 * Lets messages and timers be handled, where that was not done a moment ago: work that only waits for promises keeps a
 * thread from them, and nothing could stop it.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - last < INTERVAL) return;
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.onmessage = resolve;
    port2.postMessage(undefined);
  });
  port1.close();
  last = performance.now();
}

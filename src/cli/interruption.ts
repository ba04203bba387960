/**
 * Runs work with a signal that Ctrl-C and SIGTERM raise, and in a run of a sweep the end of the sweep, whatever ended
 * it; a second Ctrl-C ends the process at once.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let stopped = false;
  const stop = () => {
    if (stopped) process.exit(130);
    stopped = true;
    process.stderr.write("\nStopping after this mini-batch; press Ctrl-C again to end at once.\n");
    controller.abort();
  };
  const abandoned = () => controller.abort();
  if (process.connected === false) abandoned();
  process.on("disconnect", abandoned);
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off("disconnect", abandoned);
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

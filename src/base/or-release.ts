/** Does what comes after something was made; where that fails, it is released. */
export async function orRelease<T>(
  made: { release(): unknown },
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await made.release();
    throw error;
  }
}

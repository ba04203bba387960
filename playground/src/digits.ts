import type { Drawing } from "./sample.js";

/** Drawings of the built-in digits, by label. */
export async function drawDigits(): Promise<ReadonlyMap<string, readonly Drawing[]>> {
  const worker = new Worker(new URL("./digits-worker.ts", import.meta.url), { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(`the digits can't be drawn: ${message}`));
    });
  } finally {
    worker.terminate();
  }
}

import { parentPort, workerData } from "node:worker_threads";
import { InferenceSession } from "./ort.js";
import { isShared, runSession } from "./run-session.js";

/**
 * A thread that runs one session whenever it is asked: {inputs, outputs}, values by their names. It answers with the
 * outputs whose memory is not shared, or with {error}.
 */

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);
const { model, options } = workerData;
const copies = new Map();
const session = InferenceSession.create(model, options);

port.on("message", async ({ inputs, outputs }) => {
  try {
    await runSession(await session, inputs, outputs, copies);
    const unshared = Object.entries(outputs).filter(([, { data }]) => !isShared(data));
    port.postMessage({ outputs: Object.fromEntries(unshared) });
  } catch (error) {
    port.postMessage({ error });
  }
});

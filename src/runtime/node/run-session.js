import { Tensor } from "./ort.js";

/** JavaScript, so that a thread can start from it before anything is compiled: see session-worker.js. */

/** @typedef {import("../runtime.js").Value} Value */
/** @typedef {Map<string, Value["data"]>} Copies memory for copies by name, kept from run to run */

/**
 * Runs a session. ONNX Runtime takes no memory that threads share: such values are copied in and out.
 *
 * @param {import("./ort.js").InferenceSession} session
 * @param {Readonly<Record<string, Value>>} inputs
 * @param {Readonly<Record<string, Value>>} outputs values whose memory is written
 * @param {Copies} copies
 */
export async function runSession(session, inputs, outputs, copies) {
  const fetches = mapValues(outputs, ({ data, shape }, name) => ({
    data: isShared(data) ? copyOf(data, name, copies) : data,
    shape,
  }));
  await session.run(feedsOf(inputs, copies), mapValues(fetches, valueTensor));
  for (const [name, { data }] of Object.entries(outputs)) {
    if (isShared(data)) data.set(/** @type {Value} */ (fetches[name]).data);
  }
}

/**
 * The same, with new memory for the outputs.
 *
 * @template {string} Name
 * @param {import("./ort.js").InferenceSession} session
 * @param {Readonly<Record<string, Value>>} inputs
 * @param {readonly Name[]} names
 * @param {Copies} copies
 * @returns {Promise<Record<Name, Value>>}
 */
export async function computeOutputs(session, inputs, names, copies) {
  const results = await session.run(feedsOf(inputs, copies), names);
  return /** @type {Record<Name, Value>} */ (valuesOf(results));
}

/**
 * @param {Readonly<Record<string, Tensor>>} results of a run
 * @returns {Record<string, Value>}
 */
export function valuesOf(results) {
  return mapValues(results, ({ data, dims }) => ({
    data: /** @type {Float32Array} */ (data),
    shape: dims,
  }));
}

/**
 * @param {Value["data"]} data
 * @returns whether threads share its memory
 */
export function isShared({ buffer }) {
  return buffer instanceof SharedArrayBuffer;
}

/**
 * @param {Readonly<Record<string, Value>>} inputs
 * @param {Copies} copies
 */
function feedsOf(inputs, copies) {
  return mapValues(inputs, ({ data, shape }, name) => {
    if (!isShared(data)) return valueTensor({ data, shape });
    const copy = copyOf(data, name, copies);
    copy.set(data);
    return valueTensor({ data: copy, shape });
  });
}

/**
 * Memory for a copy.
 *
 * @param {Value["data"]} data
 * @param {string} name
 * @param {Copies} copies
 */
function copyOf(data, name, copies) {
  const { length } = data;
  const known = copies.get(name);
  if (known?.length === length) return known;
  const copy = data instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
  copies.set(name, copy);
  return copy;
}

/** @param {Value} value */
export function valueTensor({ data, shape }) {
  return data instanceof Float32Array
    ? new Tensor("float32", data, shape)
    : new Tensor("uint8", data, shape);
}

/**
 * @template From, To
 * @param {Readonly<Record<string, From>>} record
 * @param {(value: From, key: string) => To} map
 * @returns {Record<string, To>}
 */
function mapValues(record, map) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

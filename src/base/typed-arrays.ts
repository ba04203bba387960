/** Whether it is a Float32Array, of this realm or of another one (a frame, a vm context, Jest). */
export function isFloat32Array(value: unknown): value is Float32Array {
  return typeName(value) === "Float32Array";
}

/** Whether it is a Uint8Array (a Buffer, too), of this realm or of another one. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return typeName(value) === "Uint8Array";
}

/** Whether it holds bytes, one an element: a Uint8Array, or the Uint8ClampedArray of a canvas; of any realm. */
export function isByteArray(value: unknown): value is Uint8Array | Uint8ClampedArray {
  return isUint8Array(value) || typeName(value) === "Uint8ClampedArray";
}

/** `instanceof` would ask which realm an array is of. */
function typeName(value: unknown): string | undefined {
  return ArrayBuffer.isView(value) && Symbol.toStringTag in value
    ? String(value[Symbol.toStringTag])
    : undefined;
}

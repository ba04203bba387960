import { ItamlError } from "../base/errors.js";
import { isByteArray, isFloat32Array } from "../base/typed-arrays.js";
import { allFinite } from "../model/model.js";
import type { InputDescription } from "../samples/input-description.js";
import { allocateSamples, type SampleData } from "../samples/samples.js";
import { describeValue } from "./check-input.js";

/** Samples as an application has them: one array with one after another, or an array for each. */
export type Images = SampleData | Uint8ClampedArray | readonly (SampleData | Uint8ClampedArray)[];

/**
 * Checks samples, and copies them into one array: what the application does with its own afterwards changes nothing.
 *
 * @param sampleSize elements of one sample
 * @throws {ItamlError} INPUT_INVALID where there are none, or their type, their size or a value is another one;
 *   OUT_OF_MEMORY
 */
export function takeImages(
  images: unknown,
  { type, sampleSize }: { type: InputDescription["type"]; sampleSize: number },
  where: string,
): SampleData {
  const fail = (summary: string, place: string, problem: { expected?: string; found?: string }) => {
    throw new ItamlError("INPUT_INVALID", summary, { where: `${where}: ${place}`, ...problem });
  };
  const separate = Array.isArray(images);
  const arrays: unknown[] = separate ? images : [images];
  const isOfType = type === "float32" ? isFloat32Array : isByteArray;
  let elements = 0;
  for (const [i, array] of arrays.entries()) {
    const place = separate ? `image ${i}` : "images";
    if (!isOfType(array)) {
      const expected = type === "float32" ? "a Float32Array" : "a Uint8Array";
      return fail("samples of another type", place, { expected, found: describeValue(array) });
    }
    if (separate ? array.length !== sampleSize : array.length % sampleSize !== 0) {
      const expected = `${separate ? "" : "a multiple of "}${sampleSize} values`;
      return fail("samples of another shape", place, { expected, found: String(array.length) });
    }
    elements += array.length;
  }
  if (elements === 0) return fail("there are no images", "images", {});
  const taken = allocateSamples({ type, sampleSize }, elements / sampleSize);
  let offset = 0;
  for (const array of arrays as SampleData[]) {
    taken.set(array, offset);
    offset += array.length;
  }
  if (type === "float32" && !allFinite(taken as Float32Array)) {
    const stray = taken.findIndex((value) => !Number.isFinite(value));
    const place = `image ${Math.floor(stray / sampleSize)}, value ${stray % sampleSize}`;
    fail("a value is not finite", place, { expected: "numbers", found: String(taken[stray]) });
  }
  return taken;
}

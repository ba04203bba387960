import { choiceSchema, type Part } from "../base/part.js";
import * as z from "../base/schema.js";
import type { Extractor } from "./extractor.js";
import { mobilenetV3SmallExtractor } from "./mobilenet-v3-small.js";
import { onnxFileExtractor } from "./onnx-file.js";

/** The built-in extractors of features. */
export const extractors: readonly Part<Extractor>[] = [
  mobilenetV3SmallExtractor,
  onnxFileExtractor,
];

/** The schema of a choice among extractors; a file's name stands for the file with its defaults. */
export function featuresSchema(among: readonly Part<Extractor>[]) {
  const named = (value: unknown) => {
    if (typeof value === "string" && /\.onnx$/i.test(value)) return { name: "onnx", model: value };
    const isModel = typeof value === "object" && value !== null && "model" in value;
    return isModel ? { name: "onnx", ...value } : value;
  };
  return z.preprocess(named, choiceSchema(among));
}

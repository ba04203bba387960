import type { Part } from "../base/part.js";
import type { Extractor } from "./extractor.js";
import { mobilenetV3SmallExtractor } from "./mobilenet-v3-small.js";
import { onnxFileExtractor } from "./onnx-file.js";

/** The built-in extractors of features. */
export const extractors: readonly Part<Extractor>[] = [
  mobilenetV3SmallExtractor,
  onnxFileExtractor,
];

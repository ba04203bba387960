import { signal } from "@preact/signals";
import { type PictureSource, pictureSample, WorkerFeatures } from "../../src/web.js";

/** Side of what is shown of a photograph, in pixels. */
export const SHOWN = 56;
/** Beside the page: `itaml play` has it there, and a static host where somebody puts it there. */
export const WEIGHTS = "weights/mobilenet-v3-small.gguf";

/** A photograph as the pretrained network sees it, and small as people do: RGB, [3, SHOWN, SHOWN]. */
export interface Photograph {
  readonly features: Float32Array;
  readonly shown: Uint8Array;
}

/** The weights are not beside the page. */
export const weightsMissing = signal(false);

let network: Promise<WorkerFeatures> | undefined;

/** Brings the pretrained network, once. */
export function openNetwork(): Promise<WorkerFeatures> {
  network ??= fetchNetwork().catch((error) => {
    network = undefined;
    throw error;
  });
  return network;
}

async function fetchNetwork(): Promise<WorkerFeatures> {
  const response = await fetch(WEIGHTS);
  weightsMissing.value = !response.ok;
  if (!response.ok) throw new Error(`${WEIGHTS} is not there`);
  const worker = new Worker(new URL("./features-worker.ts", import.meta.url), { type: "module" });
  const weights = new Uint8Array(await response.arrayBuffer());
  // As for the classifiers, whose workers run beside it.
  return await WorkerFeatures.open(worker, weights, { threads: 1 });
}

export async function photographOf(source: PictureSource): Promise<Photograph> {
  const own = await openNetwork();
  const shown = await pictureSample(source, [3, SHOWN, SHOWN]);
  return { features: await own.of(source), shown };
}

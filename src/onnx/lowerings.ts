import { inBlocksOfChannels } from "./blocked-convolution.js";
import { affine, affineByConvolution, affineByNormalization } from "./channel-affine.js";
import type { Lowering } from "./lower.js";
import { splitInSteps } from "./split.js";

/** ONNX as its documentation has it: for files that others read. */
export const textbook: Lowering = { ChannelAffine: affine };

/** For ONNX Runtime's CPU kernels in one thread. */
export const cpuThread: Lowering = { ...textbook, ChannelAffine: affineByNormalization };

/**
 * For the same in several threads.
 *
 * @param channelBlock channels in a block of ONNX Runtime's own layout; undefined: this machine has none
 */
export function cpuThreads(channelBlock: number | undefined): Lowering {
  return {
    ...cpuThread,
    ChannelAffine: affineByConvolution,
    ...(channelBlock !== undefined && { Conv: inBlocksOfChannels(channelBlock) }),
  };
}

/** WebGPU promises eight buffers for a shader; one is for what is read. */
const MOST_RESULTS = 7;

export const gpu: Lowering = { ...cpuThread, Split: splitInSteps(MOST_RESULTS) };

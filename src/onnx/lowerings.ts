import { inBlocksOfChannels } from "./blocked-convolution.js";
import { affine, affineByConvolution, affineByNormalization } from "./channel-affine.js";
import { meanAtOnce, meanInTwoSteps, sumAtOnce, sumInTwoSteps } from "./channel-reduction.js";
import { convolutionBy, convolve, inputGradientBy } from "./convolution.js";
import { byComparison, bySlope } from "./is-positive.js";
import type { Lowering } from "./lower.js";
import { withPaddedChannels } from "./padded-convolution.js";
import { splitInSteps } from "./split.js";
import { convolutionOverImages, matrixProduct, weightGradientBy } from "./weight-gradient.js";

/** ONNX as its documentation has it: for files that others read. */
export const textbook: Lowering = {
  ChannelAffine: affine,
  ChannelMean: meanAtOnce,
  ChannelSum: sumAtOnce,
  ConvolutionWeightGradient: weightGradientBy(convolutionOverImages),
  IsPositive: byComparison,
};

/** For ONNX Runtime's CPU kernels in one thread. */
export const cpuThread: Lowering = {
  ChannelAffine: affineByNormalization,
  ChannelMean: meanInTwoSteps,
  ChannelSum: sumInTwoSteps,
  ConvolutionWeightGradient: weightGradientBy(matrixProduct),
  ConvTranspose: inputGradientBy(convolve),
  IsPositive: bySlope,
};

/**
 * For the same in several threads.
 *
 * @param channelBlock channels in a block of ONNX Runtime's own layout; undefined: this machine has none
 */
export function cpuThreads(channelBlock: number | undefined): Lowering {
  const ownConvolve = channelBlock === undefined ? convolve : inBlocksOfChannels(channelBlock);
  return {
    ...cpuThread,
    ChannelAffine: affineByConvolution,
    Conv: convolutionBy(ownConvolve),
    ConvTranspose: inputGradientBy(ownConvolve),
  };
}

/** WebGPU promises eight buffers for a shader; one is for what is read. */
const MOST_RESULTS = 7;

export const gpu: Lowering = {
  ...cpuThread,
  Conv: convolutionBy(withPaddedChannels),
  ConvTranspose: inputGradientBy(withPaddedChannels),
  Split: splitInSteps(MOST_RESULTS),
};

import type { Random } from "../base/random.js";

/** How training pictures are varied; what is left out isn't done. */
export interface Augmentation {
  /**
   * `padded`: a window of the picture's size, anywhere on the picture with `padding` black pixels around it;
   * `resized`: a window of 8 to 100 % of the area and 3:4 to 4:3, anywhere, scaled (Szegedy et al. 2015).
   */
  readonly crop?: "padded" | "resized" | undefined;
  /** Pixels, with `padded`. */
  readonly padding?: number | undefined;
  /** Half of the pictures are mirrored, left to right. */
  readonly flip?: boolean | undefined;
  /** Degrees, at most, to either side. */
  readonly rotation?: number | undefined;
  /** Share by which the brightness changes at most, to either side. */
  readonly brightness?: number | undefined;
}

/** A decoded picture, in whatever order its elements lie. */
export interface Picture {
  readonly data: Uint8Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Whether channels lie apart (channel, row, column) or together (row, column, channel). */
  readonly planar: boolean;
}

/** The middle of a picture, `size` × `size`, planar; what it lacks is black. */
export function centreCrop(picture: Picture, size: number, target: Uint8Array): void {
  const top = Math.round((picture.height - size) / 2);
  const left = Math.round((picture.width - size) / 2);
  copyWindow(picture, { top, left, height: size, width: size }, target);
}

/**
 * A varied picture, `size` × `size`, planar: crop, mirror, rotation, brightness, in this order.
 *
 * @param scratch room for one picture of the target's size
 */
export function augment(
  picture: Picture,
  size: number,
  augmentation: Augmentation,
  random: Random,
  target: Uint8Array,
  scratch: Uint8Array,
): void {
  const { crop, padding = 0, flip, rotation = 0, brightness = 0 } = augmentation;
  const cropped = rotation > 0 ? scratch : target;
  const { height, width, channels } = picture;
  const anywhere = (free: number) => random.integer(0, Math.max(free, 0));
  if (crop === "resized") {
    const area = randomArea(picture, random);
    const mirrored = flip === true && random.uniform(0, 1) < 0.5;
    resizeArea(picture, area, size, mirrored, cropped);
  } else {
    const border = crop === "padded" ? padding : 0;
    // Without a crop it is the middle, as in the test.
    const top = crop
      ? anywhere(height + 2 * border - size) - border
      : Math.round((height - size) / 2);
    const left = crop
      ? anywhere(width + 2 * border - size) - border
      : Math.round((width - size) / 2);
    const mirrored = flip === true && random.uniform(0, 1) < 0.5;
    copyWindow(picture, { top, left, height: size, width: size, mirrored }, cropped);
  }
  if (rotation > 0) rotate(cropped, channels, size, random.uniform(-rotation, rotation), target);
  if (brightness > 0) brighten(target, random.uniform(1 - brightness, 1 + brightness));
}

/** Copies a window of a picture, planar; what lies outside of the picture is black. */
export function copyWindow(
  { data, channels, height, width, planar }: Picture,
  window: Area & { readonly mirrored?: boolean },
  target: Uint8Array,
): void {
  const [pixelStride, channelStride] = planar ? [1, height * width] : [channels, 1];
  const { top, left, height: rows, width: columns, mirrored = false } = window;
  // Columns of the target whose pixels lie on the picture, and the step from one to the next.
  const outside = mirrored ? left + columns - width : -left;
  const from = Math.min(Math.max(outside, 0), columns);
  const until = Math.max(Math.min(outside + width, columns), from);
  const step = mirrored ? -pixelStride : pixelStride;
  const firstX = mirrored ? left + columns - 1 - from : left + from;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < rows; row++) {
      const y = top + row;
      const to = (channel * rows + row) * columns;
      if (y < 0 || y >= height) {
        target.fill(0, to, to + columns);
        continue;
      }
      target.fill(0, to, to + from);
      target.fill(0, to + until, to + columns);
      let at = channel * channelStride + (y * width + firstX) * pixelStride;
      for (let column = from; column < until; column++) {
        target[to + column] = data[at] as number;
        at += step;
      }
    }
  }
}

/**
 * Turns a square planar picture about its centre, counter-clockwise; the nearest pixel is taken, corners become black.
 * In steps of 2⁻¹⁶ pixels, as the Python Imaging Library does it, so that the pixels are the same.
 *
 * @param degrees positive: counter-clockwise
 */
export function rotate(
  source: Uint8Array,
  channels: number,
  size: number,
  degrees: number,
  target: Uint8Array,
): void {
  const angle = (-degrees * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const centre = size / 2;
  const fixed = (value: number) => Math.trunc(value * 65536 + (value < 0 ? -0.5 : 0.5));
  // Where the centre of the first pixel comes from.
  const x0 = centre - cosine * centre - sine * centre + (cosine + sine) / 2;
  const y0 = centre + sine * centre - cosine * centre + (cosine - sine) / 2;
  const [stepX, stepY] = [fixed(cosine), fixed(sine)];
  const area = size * size;
  let [rowX, rowY] = [fixed(x0), fixed(y0)];
  for (let row = 0; row < size; row++) {
    let [fixedX, fixedY] = [rowX, rowY];
    for (let column = 0; column < size; column++) {
      const [x, y] = [fixedX >> 16, fixedY >> 16];
      const to = row * size + column;
      const from = x >= 0 && x < size && y >= 0 && y < size ? y * size + x : -1;
      for (let plane = 0; plane < channels; plane++) {
        target[plane * area + to] = from < 0 ? 0 : (source[plane * area + from] as number);
      }
      fixedX += stepX;
      fixedY -= stepY;
    }
    rowX += stepY;
    rowY += stepX;
  }
}

/** A part of a picture, in pixels. */
export interface Area {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** A window of random size, shape and place; the middle where ten of them don't fit. */
function randomArea({ height, width }: Picture, random: Random): Area {
  const [least, most] = [3 / 4, 4 / 3];
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = height * width * random.uniform(0.08, 1);
    const ratio = Math.exp(random.uniform(Math.log(least), Math.log(most)));
    const [w, h] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
    if (w > 0 && h > 0 && w <= width && h <= height) {
      const top = random.integer(0, height - h);
      return { top, left: random.integer(0, width - w), height: h, width: w };
    }
  }
  const w = Math.min(width, Math.round(height * most));
  const h = Math.min(height, Math.round(width / least));
  return {
    ...{ height: h, width: w },
    top: Math.floor((height - h) / 2),
    left: Math.floor((width - w) / 2),
  };
}

/** Scales a window to a square, by a triangle filter that is as wide as a pixel of the coarser grid. */
export function resizeArea(
  { data, channels, height, width, planar }: Picture,
  area: Area,
  size: number,
  mirrored: boolean,
  target: Uint8Array,
): void {
  const [pixelStride, channelStride] = planar ? [1, height * width] : [channels, 1];
  const across = triangleFilter(area.width, size);
  const down = triangleFilter(area.height, size);
  const rows = new Float32Array(area.height * size);
  const sums = new Float32Array(size);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < area.height; y++) {
      const start = channel * channelStride + ((area.top + y) * width + area.left) * pixelStride;
      for (let column = 0; column < size; column++) {
        const from = start + (across.first[column] as number) * pixelStride;
        const weights = column * across.taps;
        let sum = 0;
        for (let i = 0; i < across.taps; i++) {
          sum += (across.weights[weights + i] as number) * (data[from + i * pixelStride] as number);
        }
        rows[y * size + (mirrored ? size - 1 - column : column)] = sum;
      }
    }
    for (let row = 0; row < size; row++) {
      sums.fill(0.5);
      for (let i = 0; i < down.taps; i++) {
        const weight = down.weights[row * down.taps + i] as number;
        const from = ((down.first[row] as number) + i) * size;
        for (let column = 0; column < size; column++) {
          sums[column] = (sums[column] as number) + weight * (rows[from + column] as number);
        }
      }
      // A loop: typed arrays of different types are copied by a slow path.
      const to = (channel * size + row) * size;
      for (let column = 0; column < size; column++) target[to + column] = sums[column] as number;
    }
  }
}

/** Each element of a scaled line is a sum of `taps` neighbours from `first` on, with its own row of weights. */
interface Filter {
  readonly taps: number;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

function triangleFilter(from: number, to: number): Filter {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  const taps = Math.min(from, Math.ceil(2 * reach));
  const first = new Int32Array(to);
  const weights = new Float32Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.min(Math.max(0, Math.floor(centre - reach + 0.5)), from - taps);
    first[i] = start;
    let total = 0;
    for (let k = 0; k < taps; k++) {
      const weight = Math.max(0, 1 - Math.abs((start + k + 0.5 - centre) / reach));
      weights[i * taps + k] = weight;
      total += weight;
    }
    for (let k = 0; k < taps; k++) {
      weights[i * taps + k] = (weights[i * taps + k] as number) / total;
    }
  }
  return { taps, first, weights };
}

function brighten(pixels: Uint8Array, factor: number): void {
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = Math.min((pixels[i] as number) * factor, 255);
  }
}

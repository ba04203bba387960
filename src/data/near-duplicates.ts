/** Pixels of a fingerprint: a picture in grey, 9 across and 8 down, row by row. */
export const FINGERPRINT_SIZE = 72;
export const FINGERPRINT_WIDTH = 9;

/** Of its 64 bits a hash may differ in so many … */
const BITS = 8;
/** … and the fingerprint's pixels, of 0..255, by so much on average. */
const DIFFERENCE = 6;
/** Pictures with which one is compared at most: of nearly blank ones there may be very many with one hash. */
const CANDIDATES = 2000;

const BANDS = 4;

/** Positions of two pictures that are nearly the same. */
export interface NearDuplicate {
  readonly test: number;
  readonly train: number;
}

/**
 * Pictures for testing that are nearly the same as one for training: scaled, packed again, a little brighter. They are
 * found by a difference hash (is a pixel brighter than its left neighbour?), a quarter of which must be equal, and
 * confirmed by the fingerprints themselves.
 *
 * @param fingerprints of the training pictures, then of the test pictures
 * @returns one for each such test picture
 */
export function nearDuplicates(fingerprints: Uint8Array, trainCount: number): NearDuplicate[] {
  const count = fingerprints.length / FINGERPRINT_SIZE;
  const hashes = Array.from({ length: count }, (_, i) => differenceHash(pixelsOf(i)));
  const buckets = Array.from({ length: BANDS }, () => new Map<number, number[]>());
  for (let i = 0; i < trainCount; i++) {
    buckets.forEach((bucket, band) => {
      const key = (hashes[i] as Uint16Array)[band] as number;
      const same = bucket.get(key);
      if (same) same.push(i);
      else bucket.set(key, [i]);
    });
  }
  const found: NearDuplicate[] = [];
  for (let test = trainCount; test < count; test++) {
    const hash = hashes[test] as Uint16Array;
    const candidates = buckets.flatMap(
      (bucket, band) => bucket.get(hash[band] as number)?.slice(0, CANDIDATES) ?? [],
    );
    const train = candidates.find(
      (other) =>
        differingBits(hash, hashes[other] as Uint16Array) <= BITS &&
        meanDifference(pixelsOf(test), pixelsOf(other)) <= DIFFERENCE,
    );
    if (train !== undefined) found.push({ test, train });
  }
  return found;

  function pixelsOf(i: number): Uint8Array {
    return fingerprints.subarray(i * FINGERPRINT_SIZE, (i + 1) * FINGERPRINT_SIZE);
  }
}

/** 64 bits in four bands; each band has bits from all of the picture, so that an even border doesn't fill it. */
function differenceHash(pixels: Uint8Array): Uint16Array {
  const bands = new Uint16Array(BANDS);
  let bit = 0;
  for (let at = 0; at < FINGERPRINT_SIZE; at++) {
    if (at % FINGERPRINT_WIDTH === 0) continue;
    const brighter = (pixels[at] as number) > (pixels[at - 1] as number) ? 1 : 0;
    const band = bit++ % BANDS;
    bands[band] = ((bands[band] as number) << 1) | brighter;
  }
  return bands;
}

function differingBits(a: Uint16Array, b: Uint16Array): number {
  let bits = 0;
  for (let band = 0; band < BANDS; band++) {
    for (let rest = (a[band] as number) ^ (b[band] as number); rest > 0; rest &= rest - 1) bits++;
  }
  return bits;
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum / a.length;
}

/** Matrices of float64, row-major, as far as a head needs them. */

/**
 * a·bᵀ. Eight sums grow at once, so that every number that is read serves several of them.
 *
 * @param a [rows, inner]
 * @param b [columns, inner]
 * @returns [rows, columns]
 */
export function multiplyTransposed(a: Float64Array, b: Float64Array, inner: number): Float64Array {
  const [rows, columns] = [a.length / inner, b.length / inner];
  const product = new Float64Array(rows * columns);
  // At the edges the last row, or column, is computed again.
  const row = (i: number) => Math.min(i, rows - 1);
  for (let i = 0; i < rows; i += 4) {
    const [i1, i2, i3] = [row(i + 1), row(i + 2), row(i + 3)];
    const [a0, a1, a2, a3] = [i * inner, i1 * inner, i2 * inner, i3 * inner];
    for (let j = 0; j < columns; j += 2) {
      const j1 = Math.min(j + 1, columns - 1);
      const [b0, b1] = [j * inner, j1 * inner];
      let [s00, s10, s20, s30, s01, s11, s21, s31] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let k = 0; k < inner; k++) {
        const y0 = b[b0 + k] as number;
        const y1 = b[b1 + k] as number;
        const x0 = a[a0 + k] as number;
        const x1 = a[a1 + k] as number;
        const x2 = a[a2 + k] as number;
        const x3 = a[a3 + k] as number;
        s00 += x0 * y0;
        s10 += x1 * y0;
        s20 += x2 * y0;
        s30 += x3 * y0;
        s01 += x0 * y1;
        s11 += x1 * y1;
        s21 += x2 * y1;
        s31 += x3 * y1;
      }
      product[i * columns + j] = s00;
      product[i1 * columns + j] = s10;
      product[i2 * columns + j] = s20;
      product[i3 * columns + j] = s30;
      product[i * columns + j1] = s01;
      product[i1 * columns + j1] = s11;
      product[i2 * columns + j1] = s21;
      product[i3 * columns + j1] = s31;
    }
  }
  return product;
}

/** @param matrix [rows, columns] */
export function transpose(matrix: Float64Array, columns: number): Float64Array {
  const rows = matrix.length / columns;
  const transposed = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      transposed[j * rows + i] = matrix[i * columns + j] as number;
    }
  }
  return transposed;
}

/** Rows that are multiplied at once in {@link gram}. */
const GRAM_BLOCK = 64;

/**
 * a·aᵀ, on and below the diagonal.
 *
 * @param a [size, inner]
 * @returns [size, size]; what is above the diagonal means nothing
 */
export function gram(a: Float64Array, inner: number): Float64Array {
  const size = a.length / inner;
  const product = new Float64Array(size * size);
  for (let start = 0; start < size; start += GRAM_BLOCK) {
    const end = Math.min(start + GRAM_BLOCK, size);
    const rows = a.subarray(start * inner, end * inner);
    const block = multiplyTransposed(rows, a.subarray(0, end * inner), inner);
    for (let i = start; i < end; i++) {
      product.set(block.subarray((i - start) * end, (i - start + 1) * end), i * size);
    }
  }
  return product;
}

/**
 * L of a positive definite matrix L·Lᵀ (Cholesky); four rows at once.
 *
 * @param matrix [size, size], read on and below the diagonal
 * @returns [size, size], zero above the diagonal
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(matrix.length);
  const row = (i: number) => Math.min(i, size - 1) * size;
  for (let i = 0; i < size; i += 4) {
    // At the edge the last row is computed again.
    const [r0, r1, r2, r3] = [row(i), row(i + 1), row(i + 2), row(i + 3)];
    for (let j = 0; j < i; j++) {
      const own = j * size;
      let s0 = matrix[r0 + j] as number;
      let s1 = matrix[r1 + j] as number;
      let s2 = matrix[r2 + j] as number;
      let s3 = matrix[r3 + j] as number;
      for (let k = 0; k < j; k++) {
        const l = factor[own + k] as number;
        s0 -= (factor[r0 + k] as number) * l;
        s1 -= (factor[r1 + k] as number) * l;
        s2 -= (factor[r2 + k] as number) * l;
        s3 -= (factor[r3 + k] as number) * l;
      }
      const diagonal = factor[own + j] as number;
      factor[r0 + j] = s0 / diagonal;
      factor[r1 + j] = s1 / diagonal;
      factor[r2 + j] = s2 / diagonal;
      factor[r3 + j] = s3 / diagonal;
    }
    for (let next = i; next < Math.min(i + 4, size); next++) {
      for (let j = i; j <= next; j++) {
        const [rowI, rowJ] = [next * size, j * size];
        let sum = matrix[rowI + j] as number;
        for (let k = 0; k < j; k++) {
          sum -= (factor[rowI + k] as number) * (factor[rowJ + k] as number);
        }
        factor[rowI + j] = next === j ? Math.sqrt(sum) : sum / (factor[rowJ + j] as number);
      }
    }
  }
  return factor;
}

/**
 * L⁻¹·x for every row x; four rows at once.
 *
 * @param factor L, [size, size]
 * @param rows [rows, size]
 * @param zeros how many elements at the start of a row, and of each after it, are 0. Default: none
 */
export function solveLower(
  factor: Float64Array,
  size: number,
  rows: Float64Array,
  zeros: (row: number) => number = () => 0,
): Float64Array {
  const solved = rows.slice();
  const start = (row: number) => Math.min(row * size, rows.length - size);
  for (let row = 0; row * size < rows.length; row += 4) {
    // At the edge the last row is computed again.
    const [x0, x1, x2, x3] = [start(row), start(row + 1), start(row + 2), start(row + 3)];
    const first = zeros(row);
    for (let i = first; i < size; i++) {
      const own = i * size;
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let k = first; k < i; k++) {
        const l = factor[own + k] as number;
        s0 += l * (solved[x0 + k] as number);
        s1 += l * (solved[x1 + k] as number);
        s2 += l * (solved[x2 + k] as number);
        s3 += l * (solved[x3 + k] as number);
      }
      const diagonal = factor[own + i] as number;
      solved[x0 + i] = ((rows[x0 + i] as number) - s0) / diagonal;
      solved[x1 + i] = ((rows[x1 + i] as number) - s1) / diagonal;
      solved[x2 + i] = ((rows[x2 + i] as number) - s2) / diagonal;
      solved[x3 + i] = ((rows[x3 + i] as number) - s3) / diagonal;
    }
  }
  return solved;
}

/**
 * L⁻ᵀ·x for every row x.
 *
 * @param factor L, [size, size]
 * @param rows [rows, size]
 */
export function solveUpper(factor: Float64Array, size: number, rows: Float64Array): Float64Array {
  const solved = rows.slice();
  for (let start = 0; start < rows.length; start += size) {
    for (let i = size - 1; i >= 0; i--) {
      const x = (solved[start + i] as number) / (factor[i * size + i] as number);
      solved[start + i] = x;
      for (let k = 0; k < i; k++) {
        solved[start + k] = (solved[start + k] as number) - x * (factor[i * size + k] as number);
      }
    }
  }
  return solved;
}

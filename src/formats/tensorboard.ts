import { Event } from "./tensorboard-proto.js";

/** One number of one step. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly tag: string;
  readonly value: number;
}

/** The record that an event file begins with. */
export function encodeFileVersion(wallTime: number): Uint8Array {
  return encodeRecord(
    Event.encode({ wall_time: wallTime, file_version: "brain.Event:2" }).finish(),
  );
}

/** A scalar as a record of an event file. */
export function encodeScalar({ wallTime, step, tag, value }: ScalarEvent): Uint8Array {
  const summary = { value: [{ tag, simple_value: value }] };
  return encodeRecord(Event.encode({ wall_time: wallTime, step, summary }).finish());
}

/**
 * Frames data as TFRecord does: its length (uint64), the checksum of these eight bytes, the data, its checksum; all
 * little-endian.
 */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

/** The checksum of TFRecord: CRC-32C, rotated and shifted, so that data with checksums in it can be summed again. */
function maskedCrc32c(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** CRC-32C (Castagnoli), RFC 3720, appendix B.4. */
export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The remainder of each byte by the polynomial, bits reversed. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  }
  return remainder;
});

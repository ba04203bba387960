/** An entry of a made archive: of any type and any path, also such as no archive should have. */
export interface TarEntry {
  readonly path: string;
  /** The type's character. Default: "0", a file. */
  readonly type?: string;
  readonly link?: string;
  readonly content?: string | Uint8Array;
}

const BLOCK = 512;

/** A tar archive, header by header. */
export function encodeTar(entries: readonly TarEntry[]): Buffer {
  const end = Buffer.alloc(2 * BLOCK);
  return Buffer.concat([...entries.flatMap(encodeEntry), end]);
}

/** A pax record, the content of an entry of type "x", which changes a field of the next entry. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (length !== Buffer.byteLength(`${length}${rest}`)) length++;
  return `${length}${rest}`;
}

/** Makes the checksum of a header, the first block of an entry, right. */
export function signHeader(header: Buffer): void {
  header.write(" ".repeat(8), 148);
  const sum = header.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
}

function encodeEntry({ path, type = "0", link = "", content = "" }: TarEntry): Buffer[] {
  const data = Buffer.from(content);
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0, 100);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${data.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write("ustar\u000000", 257);
  signHeader(header);
  const padding = Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK);
  return [header, data, padding];
}

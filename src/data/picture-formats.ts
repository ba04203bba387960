/** What is decoded: a drawing or a document, which could name other files, isn't. */
export const PICTURE_FORMATS = "JPEG, PNG, WebP, GIF, TIFF or AVIF";

const EXTENSIONS = /\.(avif|gif|jfif|jpe|jpeg|jpg|png|tif|tiff|webp)$/i;

/** How the files of these formats begin, as Latin-1. */
const SIGNATURES: readonly RegExp[] = [
  /^\xff\xd8\xff/, // JPEG
  /^\x89PNG\r\n/,
  /^GIF8/,
  /^RIFF.{4}WEBP/s,
  /^(II|MM.)[*+]/s, // TIFF
  /^.{4}ftyp(avi[fs]|mi[fa]1)/s, // AVIF
];

/** Bytes that tell a format. */
export const SIGNATURE_LENGTH = 16;

export function isNamedAsPicture(name: string): boolean {
  return EXTENSIONS.test(name);
}

/** Whether a file that begins with these bytes is one of the pictures that are decoded. */
export function isPicture(bytes: Buffer): boolean {
  const start = bytes.toString("latin1", 0, SIGNATURE_LENGTH);
  return SIGNATURES.some((signature) => signature.test(start));
}

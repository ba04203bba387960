import type { RemoteFile } from "../files/download.js";

/** A file of which the MD5 is published. */
export function publishedFile(url: string, bytes: number, md5: string): RemoteFile {
  return {
    name: url.slice(url.lastIndexOf("/") + 1),
    urls: [url],
    bytes,
    checksum: { algorithm: "md5", hash: md5, of: "file" },
  };
}

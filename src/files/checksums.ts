import { createHash } from "node:crypto";
import { ItamlError, type Problem } from "../base/errors.js";

/** The file that has the checksums of the files beside it, as `sha256sum --check` reads it. */
export const CHECKSUMS = "SHA256SUMS";

export function sha256(bytes: string | Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

export function formatChecksums(files: Readonly<Record<string, string | Uint8Array>>): string {
  const lines = Object.entries(files).map(
    ([name, content]) => `${sha256(content).toString("hex")}  ${name}\n`,
  );
  return lines.join("");
}

/**
 * Compares a file with its checksum.
 *
 * @param checksums content of {@link CHECKSUMS}
 * @param file its path, for messages
 * @throws {ItamlError} FILE_INVALID where it is another, or has none
 */
export function verifyChecksum(
  checksums: string,
  name: string,
  content: Uint8Array,
  { file, ...advice }: { file: string } & Pick<Problem, "remedy" | "command">,
): void {
  const found = sha256(content).toString("hex");
  const line = checksums.split("\n").find((text) => text.endsWith(`  ${name}`));
  if (line === `${found}  ${name}`) return;
  throw new ItamlError("FILE_INVALID", "the file is damaged", {
    where: file,
    expected: line
      ? `the SHA-256 ${line.split(" ")[0]}, as ${CHECKSUMS} has it`
      : `it in ${CHECKSUMS}`,
    found,
    ...advice,
  });
}

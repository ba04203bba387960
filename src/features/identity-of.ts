import { sha256 } from "../files/checksums.js";

/**
 * The hash of a network and of what is done with pixels before it. It begins with a version: whatever changes features
 * changes it.
 */
export function identityOf(network: string, preprocessing: unknown): string {
  return sha256(JSON.stringify(["features-1", network, preprocessing])).toString("hex");
}

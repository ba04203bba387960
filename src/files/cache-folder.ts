import { homedir } from "node:os";
import { join } from "node:path";

/** The folder of the user's for what can be had or computed again: ITAML_CACHE, or where the system has such folders. */
export function cacheFolder(): string {
  const { ITAML_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (ITAML_CACHE) return ITAML_CACHE;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "itaml");
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "itaml", "cache");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "itaml");
  return join(homedir(), ".cache", "itaml");
}

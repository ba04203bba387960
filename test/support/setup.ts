import { afterEach, vi } from "vitest";

// The files that a process runs share its environment, its console and its clock.
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

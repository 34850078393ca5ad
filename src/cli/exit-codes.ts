/** What the exit code of `harn` means. A program that ends with an int chooses its own, 0 to 255. */
export const exitCodes = {
  /** All is well. */
  ok: 0,
  /** The program failed, a check found something, a test did not pass. */
  failed: 1,
  /** The command line was not understood. */
  usage: 2,
  /** A fault of harn itself. */
  internal: 70,
  /** Stopped by Ctrl-C. */
  interrupted: 130,
  /** Stopped by SIGTERM. */
  terminated: 143,
} as const;

/** How failures of the host read in the messages that programs catch: the operating system's own words. */

import { HostError, type HostErrorKind } from "../base/index.ts";
import { thrown } from "./arguments.ts";

/** The words are a contract: programs look for them. */
const systemWords: Partial<Record<HostErrorKind, string>> = {
  not_found: "No such file or directory (os error 2)",
  permission_denied: "Permission denied (os error 13)",
  already_exists: "File exists (os error 17)",
  not_a_directory: "Not a directory (os error 20)",
  is_a_directory: "Is a directory (os error 21)",
  not_empty: "Directory not empty (os error 39)",
  no_space: "No space left on device (os error 28)",
};

export function systemWordsOf(error: HostError): string {
  return systemWords[error.kind] ?? error.message;
}

/** Awaits a host effect; its failure becomes text thrown in the program. Cancellation passes through. */
export async function attempt<T>(work: Promise<T>, message: (reason: string) => string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof HostError) throw thrown(message(systemWordsOf(error)));
    throw error;
  }
}

/** Parts of harn are loaded when they are needed, which may be long after it was started. */

import { HarnError } from "../base/index.ts";

export const OWN_FILES_GONE =
  "Expected the files of harn where they were when it started; was it removed or replaced while it ran?";

/** @throws HarnError `harn.removed` when the part is not there any more */
export async function ownPart<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (cause) {
    const { code } = cause as { readonly code?: unknown };
    if (code === "ERR_MODULE_NOT_FOUND" || code === "ENOENT")
      throw new HarnError("harn.removed", OWN_FILES_GONE, { cause });
    throw cause;
  }
}

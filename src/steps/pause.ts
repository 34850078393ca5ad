/** A persona that waits for something outside, such as a person, and goes on when it has come (HOOK-06). */

import type { JsonObject } from "../base/index.ts";

export interface Pause {
  /** Tells the hooks that the event concerns. */
  readonly fire: (event: "OnPersonaPaused" | "OnPersonaResumed", data: JsonObject) => Promise<void>;
  /** What it waits for, as hooks see it. */
  readonly data: JsonObject;
  /** True: the program is being stopped and does not go on. Default: it is not. */
  readonly isStopped?: () => boolean;
}

/**
 * Tells `OnPersonaPaused`, waits, and tells `OnPersonaResumed` with `ok`: whether what it waited for came. What a hook
 * throws goes to the caller, but never takes the place of what the waiting failed with.
 */
export async function whilePaused<T>(pause: Pause, wait: () => Promise<T>): Promise<T> {
  const { fire, data, isStopped } = pause;
  await fire("OnPersonaPaused", data);
  let result: T;
  try {
    result = await wait();
  } catch (error) {
    if (isStopped?.() !== true) await fire("OnPersonaResumed", { ...data, ok: false }).catch(() => {});
    throw error;
  }
  await fire("OnPersonaResumed", { ...data, ok: true });
  return result;
}

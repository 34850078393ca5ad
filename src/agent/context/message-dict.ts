/** Messages as programs see them, for the conversations that the agent keeps. */

import type { Json } from "../../base/index.ts";
import { readMessages } from "../../llm/index.ts";
import type { RecordedMessage } from "./recorded-message.ts";

export { messageDict, messageDicts } from "../../llm/index.ts";

/** System messages are left out: the loop has a system prompt of its own. */
export function readMessageDicts(dicts: readonly Json[]): readonly RecordedMessage[] {
  return readMessages(dicts).messages;
}

/** Prompt templates named in options are rendered by the program's own `render_prompt`. */

import type { PromptRenderer } from "../../agent/index.ts";
import { type AsyncContext, display, record } from "../../vm/index.ts";

/** Undefined where the run has no templates. */
export function promptRenderer(context: AsyncContext): PromptRenderer | undefined {
  const native = context.vm.natives.get("render_prompt");
  if (native === undefined) return undefined;
  return async (template, formatted, count) => {
    const bindings = record({ formatted_messages: formatted, archived_count: count });
    return display(await context.call(context.vm.nativeRef(native), [template, bindings]));
  };
}

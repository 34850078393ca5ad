/** The registry that `tool_ref` and `tool_def` look into: that of the loop around the caller, else the bound one. */

import { Dict, type NativeContext, share } from "../../vm/index.ts";
import { loopScope } from "../agent/run-state.ts";
import { isRegistry } from "./registry.ts";

const BOUND_REGISTRY = "tools.bound";

export function boundRegistry(context: NativeContext): Dict | undefined {
  const tools = loopScope(context)?.tools;
  return isRegistry(tools) ? tools : (context.vm.state.get(BOUND_REGISTRY) as Dict | undefined);
}

export function bindRegistry({ vm }: NativeContext, registry: Dict | undefined): void {
  if (registry instanceof Dict) vm.state.set(BOUND_REGISTRY, share(registry));
  else vm.state.delete(BOUND_REGISTRY);
}

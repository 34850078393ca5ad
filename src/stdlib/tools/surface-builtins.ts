/** Checks tools, rules and prompts against each other. */

import {
  checkToolSurface,
  readApprovalPolicy,
  readCapabilityPolicy,
  type SurfaceReport,
  type ToolSurface,
} from "../../agent/index.ts";
import type { JsonObject } from "../../base/index.ts";
import { Dict, display, isCallable, List, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";
import { dictToJson, valueToJson } from "../json/convert.ts";
import { answerValue } from "../llm/answer-value.ts";
import { guardedSync } from "../llm/run-state.ts";
import { boundRegistry } from "./bound-registry.ts";
import { describeEntry } from "./registry.ts";

/** A surface from one or two dicts: the first one's fields win. */
export function surfaceOf(sources: readonly (Dict | undefined)[]): ToolSurface {
  const dicts = sources.filter((source) => source !== undefined);
  const find = (key: string): Value => dicts.find((dict) => dict.map.get(key) !== undefined)?.map.get(key);
  const entries = toolDicts(find("tools")) ?? (dicts[0] === undefined ? [] : (toolDicts(dicts[0]) ?? []));
  const native = find("native_tools");
  const declared = entries.map((entry) => valueToJson(describeEntry(entry)) as JsonObject);
  const names = new Set(declared.map((tool) => tool["name"]));
  const natives = (native instanceof List ? native.items : [])
    .filter((item): item is Dict => item instanceof Dict)
    .map((item): JsonObject => ({ executor: "provider_native", ...dictToJson(item) }))
    .filter((tool) => !names.has(tool["name"]));
  const policy = readCapabilityPolicy(plain(find("policy")));
  const approval = readApprovalPolicy(plain(find("approval_policy")));
  const search = find("tool_search");
  return {
    tools: [...declared, ...natives],
    handled: new Set(
      entries.filter((entry) => isCallable(entry.map.get("handler"))).map((entry) => display(entry.map.get("name"))),
    ),
    ...(policy === undefined ? {} : { policy }),
    ...(approval === undefined ? {} : { approval }),
    prompts: dicts.flatMap(promptsOf),
    hasToolSearch: search !== undefined && search !== false,
  };
}

function plain(value: Value): unknown {
  return value === undefined ? undefined : valueToJson(value);
}

function toolDicts(tools: Value): readonly Dict[] | undefined {
  const list = tools instanceof Dict ? tools.map.get("tools") : tools;
  return list instanceof List ? list.items.filter((item): item is Dict => item instanceof Dict) : undefined;
}

function promptsOf(dict: Dict): readonly string[] {
  const list = dict.map.get("prompts");
  const single = [dict.map.get("system"), dict.map.get("prompt")].filter((value) => value !== undefined);
  return [...single, ...(list instanceof List ? list.items : [])].map(display).filter((text) => text !== "");
}

export function reportValue(report: SurfaceReport): Value {
  return answerValue(report as unknown as JsonObject);
}

export const surfaceBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "tool_surface_validate(surface?: dict, options?: dict) -> dict",
      summary: "Check tools, policy, approvals and prompts against each other: `{valid, diagnostics}`",
      errors: "Throws for policies that cannot be read",
      example:
        'println(tool_surface_validate({tools: tool_registry(), prompt: "call run_tests()"}).diagnostics[0].code)',
    },
    ([surface, options], context) =>
      guardedSync(() => {
        const first = surface ?? boundRegistry(context);
        const dicts = [first, options].map((value) => (value instanceof Dict ? value : undefined));
        return reportValue(checkToolSurface(surfaceOf(dicts)));
      }),
  ),
];

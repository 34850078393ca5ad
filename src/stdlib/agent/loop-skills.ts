/** The `skills` option of a loop: entries of a skill registry, with their hooks. */

import type { Skill, SkillOptions } from "../../agent/index.ts";
import {
  type AsyncContext,
  Dict,
  display,
  HarnFailure,
  isCallable,
  isInt,
  List,
  toDouble,
  type Value,
} from "../../vm/index.ts";
import { field, stringField } from "../arguments.ts";

/** AGENT-22; undefined without skills. */
export function loopSkills(options: Dict, tools: Value, context: AsyncContext): SkillOptions | undefined {
  const skills = dictsOf(field(options.map.get("skills"), "skills")).map((entry) => readSkill(entry, context));
  if (skills.length === 0) return undefined;
  const match = options.map.get("skill_match");
  const topN = field(match, "top_n");
  const sticky = field(match, "sticky");
  const namespaces = new Map(
    dictsOf(tools instanceof Dict ? tools.map.get("tools") : tools).map((tool) => [
      display(tool.map.get("name")),
      stringField(tool, "namespace"),
    ]),
  );
  return {
    skills,
    workingFiles: textsOf(options.map.get("working_files")),
    ...(isInt(topN) ? { topN: Math.max(1, toDouble(topN)) } : {}),
    ...(typeof sticky === "boolean" ? { sticky } : {}),
    namespaceOf: (tool) => namespaces.get(tool),
  };
}

function readSkill(entry: Dict, context: AsyncContext): Skill {
  const text = (...names: string[]): string | undefined => {
    for (const name of names) {
      const value = entry.map.get(name);
      if (value !== undefined && display(value) !== "") return display(value);
    }
    return undefined;
  };
  const whenToUse = text("when_to_use", "when-to-use");
  const prompt = text("prompt", "body");
  const name = text("name") ?? "";
  const hidden = entry.map.get("disable_model_invocation") ?? entry.map.get("disable-model-invocation");
  const activate = entry.map.get("on_activate");
  const deactivate = entry.map.get("on_deactivate");
  return {
    name,
    description: text("description", "short") ?? "",
    ...(whenToUse === undefined ? {} : { whenToUse }),
    ...(prompt === undefined ? {} : { prompt }),
    paths: textsOf(entry.map.get("paths")),
    allowedTools: textsOf(entry.map.get("allowed_tools") ?? entry.map.get("allowed-tools")),
    disableModelInvocation: hidden === true,
    ...(isCallable(activate) ? { onActivate: () => runHook(context, name, activate) } : {}),
    ...(isCallable(deactivate) ? { onDeactivate: () => runHook(context, name, deactivate) } : {}),
  };
}

/** A broken hook does not end the loop. */
async function runHook(context: AsyncContext, skill: string, hook: Value): Promise<void> {
  try {
    await context.call(hook, []);
  } catch (failure) {
    if (!(failure instanceof HarnFailure)) throw failure;
    const fields = { skill, error: failure.display() };
    context.host.sync("log.write", { level: "warn", message: "A hook of a skill failed", fields });
  }
}

function dictsOf(value: Value): Dict[] {
  return value instanceof List ? value.items.filter((item): item is Dict => item instanceof Dict) : [];
}

function textsOf(value: Value): string[] {
  return value instanceof List ? value.items.map(display) : [];
}

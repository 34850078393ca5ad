/** Hooks around the tools of every agent loop of the run. */

import type { PreToolAction, ToolHook } from "../../agent/index.ts";
import type { Json } from "../../base/index.ts";
import { type AsyncContext, Dict, display, isCallable, isInt, toDouble, type Value } from "../../vm/index.ts";
import { agentState, type RegisteredToolHook } from "../agent/run-state.ts";
import { field } from "../arguments.ts";
import { argumentError, type Builtin, pure } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";

export const toolHookBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "register_tool_hook(config: dict)",
      summary: "Refuse (`deny`), shorten (`max_output`), rewrite (`pre`) or edit the results (`post`) of tools by name",
      effects: ["state"],
      errors: "Throws for fields of the wrong type",
      example: 'register_tool_hook({pattern: "delete_*", deny: "read-only run"})',
    },
    ([config], context) => {
      if (!(config instanceof Dict)) throw argumentError("register_tool_hook", "a config dict", config);
      agentState(context).toolHooks.push(readHook(config));
      return undefined;
    },
  ),
  pure(
    {
      signature: "clear_tool_hooks()",
      summary: "Forget the hooks of `register_tool_hook`",
      effects: ["state"],
      example: "clear_tool_hooks()",
    },
    (_args, context) => {
      agentState(context).toolHooks.length = 0;
      return undefined;
    },
  ),
];

function readHook(config: Dict): RegisteredToolHook {
  const pattern = config.map.get("pattern");
  const deny = config.map.get("deny");
  const maxOutput = config.map.get("max_output");
  if (maxOutput !== undefined && !isInt(maxOutput)) {
    throw argumentError("register_tool_hook", "`max_output` to be an int", maxOutput);
  }
  const before = closureField(config, "pre");
  const after = closureField(config, "post");
  return {
    pattern: pattern === undefined ? "*" : display(pattern),
    ...(deny === undefined ? {} : { deny: display(deny) }),
    ...(maxOutput === undefined ? {} : { maxOutput: toDouble(maxOutput) }),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}

function closureField(config: Dict, name: string): Value {
  const value = config.map.get(name);
  if (value !== undefined && !isCallable(value)) {
    throw argumentError("register_tool_hook", `\`${name}\` to be a closure`, value);
  }
  return value;
}

/** The run's hooks for a loop, whose callbacks see themselves inside it. */
export function loopToolHooks(context: AsyncContext): readonly ToolHook[] {
  return agentState(context).toolHooks.map(({ pattern, deny, maxOutput, before, after }) => ({
    pattern,
    ...(deny === undefined ? {} : { deny }),
    ...(maxOutput === undefined ? {} : { maxOutput }),
    ...(before === undefined
      ? {}
      : { before: async (tool, input) => readAction(await context.call(before, [tool, jsonToValue(input)])) }),
    ...(after === undefined
      ? {}
      : {
          after: async (tool, input, result) => {
            const answer = await context.call(after, [tool, jsonToValue(input), result]);
            return answer === undefined ? undefined : display(field(answer, "result") ?? answer);
          },
        }),
  }));
}

/** nil allows, a string or `{deny}` refuses, `{args}` goes on with other arguments. */
function readAction(answer: Value): PreToolAction | undefined {
  if (typeof answer === "string") return { kind: "deny", reason: answer };
  const deny = field(answer, "deny");
  if (deny !== undefined && deny !== false) return { kind: "deny", reason: display(deny) };
  const input = field(answer, "args");
  return input === undefined ? undefined : { kind: "modify", input: valueToJson(input) as Json };
}

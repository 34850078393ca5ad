/** Policies for the commands that a program and its agents run, and what can be told of a command without running it. */

import { commandOutputRisk, commandRisk, commandText, riskDict } from "../../agent/index.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";
import { Dict, List, type Value } from "../../vm/index.ts";
import { thrown } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import { jsonToValue, valueToJson } from "../json/convert.ts";
import { commandPolicyArgument, scanContext } from "./command-scope.ts";
import { commandPolicies, withCommandPolicies } from "./command-stack.ts";

export const commandBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "command_policy(config: dict) -> dict",
      summary: "Check a policy for commands and fill in what it leaves out",
      effects: [],
      errors: "Throws for fields of the wrong type",
      example: 'println(command_policy({deny_patterns: ["rm -rf"]}).default_shell_mode)',
    },
    ([config]) => {
      if (!(config instanceof Dict)) throw thrown("command_policy: config must be a dict");
      const filled = new Map<string, Value>([
        ["_type", "command_policy"],
        ["default_shell_mode", "argv_only"],
        ["workspace_roots", new List([])],
        ["deny_patterns", new List([])],
        ["require_approval", new List([])],
        ...config.map,
      ]);
      return commandPolicyArgument("command_policy", new Dict(filled));
    },
  ),
  pure(
    {
      signature: "command_policy_push(policy: dict)",
      summary: "Hold the commands of this task, and of tasks it starts, to a policy as well",
      effects: ["state"],
      errors: "Throws for fields of the wrong type",
      example: 'command_policy_push(command_policy({deny_patterns: ["rm -rf"]}))\ncommand_policy_pop()',
    },
    ([policy], { task }) => {
      const checked = commandPolicyArgument("command_policy_push", policy);
      task.context = withCommandPolicies(task.context, [checked, ...commandPolicies(task.context)]);
      return undefined;
    },
  ),
  pure(
    {
      signature: "command_policy_pop()",
      summary: "Drop the policy that was pushed last",
      effects: ["state"],
      example: "command_policy_pop()",
    },
    (_args, { task }) => {
      task.context = withCommandPolicies(task.context, commandPolicies(task.context).slice(1));
      return undefined;
    },
  ),
  pure(
    {
      signature: "command_risk_scan(context: dict) -> dict",
      summary: "Tell from its words what a command might do: `{action, risk_labels, confidence, rationale, …}`",
      effects: [],
      example: 'println(command_risk_scan({request: {argv: ["sudo", "ls"]}}).risk_labels)',
    },
    ([context]) => jsonToValue(riskOf(context)),
  ),
  pure(
    {
      signature: "command_result_scan(context: dict) -> dict",
      summary: "Tell from the output of a command, in `result`, whether it is safe to show",
      effects: [],
      example: 'println(command_result_scan({result: {stdout: "ok"}}).action)',
    },
    ([context]) => jsonToValue(commandOutputRisk(scanContext(context)["result"])),
  ),
  pure(
    {
      signature: "command_llm_risk_scan(context: dict, options?: dict) -> dict",
      summary: "The same scan in the form of a model's, without asking one; secrets in the options are hidden",
      effects: [],
      example: 'println(command_llm_risk_scan({request: {argv: ["ls"]}}).scan_kind)',
    },
    ([context, options]) =>
      jsonToValue({
        ...riskOf(context),
        scan_kind: "deterministic_fallback",
        llm: redacted(options === undefined ? {} : valueToJson(options)),
      }),
  ),
];

function riskOf(value: Value): JsonObject {
  const context = scanContext(value);
  const { request, workspace_roots: roots } = context;
  const cwd = isJsonObject(request) ? request["cwd"] : undefined;
  return riskDict(
    commandRisk({
      text: commandText(request),
      workspaceRoots: Array.isArray(roots) ? roots.filter((root) => typeof root === "string") : [],
      ...(typeof cwd === "string" ? { cwd } : {}),
    }),
  );
}

const SECRET_KEY = /secret|token|credential|api_?key|auth|password/i;
const SHOWN_CHARS = 8192;

function redacted(value: Json | undefined): Json {
  if (value === undefined) return null;
  if (typeof value === "string")
    return value.length > SHOWN_CHARS ? `${value.slice(0, SHOWN_CHARS)}...<truncated>` : value;
  if (Array.isArray(value)) return value.map(redacted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, SECRET_KEY.test(key) ? "<redacted>" : redacted(item)]),
  );
}

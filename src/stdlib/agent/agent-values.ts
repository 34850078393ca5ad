/** Named agents: dicts `{_type: "agent", name, …}` that hold what `agent_loop` needs besides a prompt. */

import { Dict, dictOf, display, record, share, type Value } from "../../vm/index.ts";
import { textArgument, thrown } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";

/** What of an agent goes into the options of a loop. */
const LOOP_FIELDS = [
  "provider",
  "model",
  "thinking",
  "tools",
  "max_iterations",
  "tool_format",
  "structural_experiment",
  "context_callback",
  "context_filter",
  "tool_retries",
  "tool_backoff_ms",
];

function agentArgument(value: Value): Dict {
  if (!(value instanceof Dict)) throw thrown("agent_config: first argument must be an agent");
  if (value.map.get("_type") === "agent") return value;
  throw thrown("agent_config: first argument must be an agent (created with agent())");
}

export const agentValueBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "agent(name: string, config?: dict) -> dict",
      summary: "Describe an agent: a name, a system prompt and options for its loops",
      example: 'println(agent("reviewer", {model: "small"}).name)',
    },
    (args) => {
      const config = args[1];
      if (args.length > 1 && !(config instanceof Dict)) throw thrown("agent: second argument must be a config dict");
      const fields = config instanceof Dict ? [...config.map] : [];
      return dictOf(new Map<string, Value>([...fields, ["_type", "agent"], ["name", textArgument(args, 0)]]));
    },
  ),
  pure(
    {
      signature: "agent_config(agent: dict, prompt: string) -> dict",
      summary: "Give the arguments of `agent_loop` for an agent and a prompt: `{prompt, system, options}`",
      example: 'println(agent_config(agent("a", {model: "small"}), "hi").options.model)',
    },
    (args) => {
      if (args.length < 2) throw thrown("agent_config: requires agent and prompt");
      const agent = agentArgument(args[0]);
      const options = LOOP_FIELDS.filter((key) => agent.map.has(key)).map((key) => [key, agent.map.get(key)] as const);
      return record({
        prompt: share(args[1]),
        system: share(agent.map.get("system")),
        options: dictOf(new Map<string, Value>(options)),
      });
    },
  ),
  pure(
    {
      signature: "agent_name(agent: dict) -> string",
      summary: "Tell an agent's name",
      example: 'println(agent_name(agent("reviewer")))',
    },
    ([agent]) => {
      if (!(agent instanceof Dict)) throw thrown("agent_name: argument must be an agent");
      const name = agent.map.get("name");
      return name === undefined ? undefined : display(name);
    },
  ),
];

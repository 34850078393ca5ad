/** Tool registries and definitions. */

import { table } from "../../base/index.ts";
import {
  compareText,
  Dict,
  dictOf,
  display,
  List,
  listOf,
  type NativeContext,
  record,
  share,
  Thrown,
  type Value,
} from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";
import { jsonToValue } from "../json/convert.ts";
import { bindRegistry, boundRegistry } from "./bound-registry.ts";
import { resolveExecutor } from "./executor.ts";
import { toolHookBuiltins } from "./hook-builtins.ts";
import {
  describeEntry,
  emptyRegistry,
  entriesOf,
  findEntry,
  nameOf,
  parameterText,
  registryArgument,
  schemaText,
  withEntries,
} from "./registry.ts";
import { surfaceBuiltins } from "./surface-builtins.ts";
import { synthesisBuiltins } from "./synthesis-builtins.ts";

const made =
  'var r = tool_registry()\nr = tool_define(r, "add", "Add", {parameters: {a: "int"}, handler: { args -> args.a }})\n';

function byName(registry: Dict): Dict[] {
  return entriesOf(registry).sort((a, b) => compareText(nameOf(a), nameOf(b)));
}

function define([registry, name, description, config]: readonly Value[], count: number): Value {
  if (count < 4) throw new Thrown("tool_define: requires registry, name, description, and config dict");
  const target = registryArgument("tool_define", registry, "first argument must be a tool registry");
  if (!(config instanceof Dict)) {
    throw new Thrown("tool_define: config must be a dict with parameters and handler");
  }
  if (config.map.has("params") && !config.map.has("parameters")) {
    throw new Thrown("tool_define: use 'parameters', not 'params'");
  }
  const tool = display(name);
  const executor = resolveExecutor(tool, config);
  checkLoading(config);
  const entry = new Map<string, Value>();
  for (const [key, value] of config.map) if (key !== "returns" && key !== "executor") entry.set(key, value);
  entry.set("name", tool);
  entry.set("description", display(description));
  entry.set("handler", config.map.get("handler"));
  entry.set("parameters", config.map.get("parameters") ?? new Dict(new Map()));
  entry.set("executor", executor);
  const returns = config.map.get("returns");
  if (returns !== undefined) entry.set("outputSchema", returns);
  const others = entriesOf(target).filter((other) => nameOf(other) !== tool);
  return withEntries(target, [...others, dictOf(entry)]);
}

function checkLoading(config: Dict): void {
  const deferred = config.map.get("defer_loading");
  if (config.map.has("defer_loading") && typeof deferred !== "boolean") {
    throw new Thrown(
      "tool_define: `defer_loading` must be a bool (true: the schema waits until a tool search finds it; " +
        "false or absent: it is sent at once)",
    );
  }
  const namespace = config.map.get("namespace");
  if (namespace !== undefined && (typeof namespace !== "string" || namespace === "")) {
    throw new Thrown("tool_define: `namespace` must be a non-empty string (it groups deferred tools for tool search)");
  }
}

// ---- JSON Schema of parameters ---------------------------------------------------------------------------------------

const JSON_TYPES: Readonly<Record<string, string>> = table({
  int: "integer",
  float: "number",
  bool: "boolean",
  boolean: "boolean",
  list: "array",
  array: "array",
  dict: "object",
  object: "object",
});

function parameterSchema(value: Value, components: Dict | undefined): Value {
  if (typeof value === "string") return record({ type: JSON_TYPES[value] ?? "string" });
  if (!(value instanceof Dict)) return record({ type: "string" });
  const reference = value.map.get("$ref");
  if (typeof reference !== "string") return share(value);
  const known = components?.map.get(reference);
  return known === undefined ? record({ $ref: `#/components/schemas/${reference}` }) : share(known);
}

function inputSchema(parameters: Value, components: Dict | undefined): Dict {
  const schema = new Map<string, Value>([["type", "object"]]);
  const keys = parameters instanceof Dict ? parameters.keys() : [];
  const properties = keys.map((key) => [key, parameterSchema((parameters as Dict).map.get(key), components)] as const);
  schema.set("properties", new Dict(new Map(properties)));
  if (keys.length > 0) schema.set("required", new List([...keys]));
  return new Dict(schema);
}

function toolSchema(registry: Dict, components: Dict | undefined): Dict {
  const schema = new Map<string, Value>([["schema_version", "harn-tools/1.0"]]);
  if (components) schema.set("components", dictOf(new Map([["schemas", components]])));
  const tools = entriesOf(registry).map((entry) => {
    const tool = new Map<string, Value>([
      ["name", nameOf(entry)],
      ["description", display(entry.map.get("description") ?? "")],
      ["inputSchema", inputSchema(entry.map.get("parameters"), components)],
    ]);
    const output = entry.map.get("outputSchema");
    if (output !== undefined) tool.set("outputSchema", parameterSchema(output, components));
    return new Dict(tool);
  });
  schema.set("tools", new List(tools));
  return new Dict(schema);
}

// ---- text protocol ---------------------------------------------------------------------------------------------------

/** Calls written as `<tool_call>{…}</tool_call>`; what is no JSON is passed over. */
function parseCalls(text: string): Value[] {
  const calls: Value[] = [];
  for (const match of text.matchAll(/<tool_call>([\s\S]*?)<\/tool_call>/g)) {
    try {
      calls.push(jsonToValue(JSON.parse((match[1] ?? "").trim())));
    } catch {
      // Not JSON: not a call.
    }
  }
  return calls;
}

/** Said to the model. */
function toolPrompt(registry: Dict): string {
  const tools = byName(registry);
  if (tools.length === 0) return "No tools are available.";
  const sections = tools.map((entry) => {
    const parameters = parameterText(entry.map.get("parameters"));
    const returns = schemaText(entry.map.get("outputSchema"));
    return [
      `### ${nameOf(entry)}`,
      display(entry.map.get("description") ?? ""),
      ...(parameters === "" ? [] : [`Parameters: ${parameters}`]),
      ...(returns === "" ? [] : [`Returns: ${returns}`]),
    ].join("\n");
  });
  return [
    "# Available Tools",
    "To call a tool, write exactly this, with the tool's name and arguments:",
    '<tool_call>{"name": "tool_name", "arguments": {"param": "value"}}</tool_call>',
    "An answer may hold several calls. Wait for their results before you go on.",
    "## Tools",
    ...sections,
  ].join("\n\n");
}

function describeTools(registry: Dict): string {
  const lines = byName(registry).flatMap((entry) => {
    const returns = schemaText(entry.map.get("outputSchema"));
    const head = `- ${nameOf(entry)}(${parameterText(entry.map.get("parameters"))}): ${display(entry.map.get("description") ?? "")}`;
    return returns === "" ? [head] : [head, `  returns ${returns}`];
  });
  return ["Available tools:", ...(lines.length === 0 ? ["(none)"] : lines)].join("\n");
}

// ---- references ------------------------------------------------------------------------------------------------------

function boundEntry(builtin: string, name: Value, context: NativeContext): Dict {
  if (typeof name !== "string") throw new Thrown(`${builtin}: name must be a string literal`);
  const registry = boundRegistry(context);
  if (!registry) {
    throw new Thrown(
      `${builtin}: no tool registry bound to this scope. Call tool_bind(registry) first, or invoke inside an agent_loop.`,
    );
  }
  const entry = findEntry(registry, name);
  if (entry) return entry;
  const names = byName(registry).map(nameOf);
  const listed = names.length === 0 ? "(none registered)" : names.join(", ");
  throw new Thrown(`${builtin}: unknown tool ${JSON.stringify(name)}. Registered tools: ${listed}`);
}

export const toolBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "tool_registry() -> dict",
      summary: "Start an empty tool registry",
      example: "println(tool_count(tool_registry()))",
    },
    () => emptyRegistry(),
  ),
  pure(
    {
      signature: "tool_define(registry: dict, name: string, description: string, config: dict) -> dict",
      summary: "Add a tool to a registry, replacing one of the same name",
      errors: "Throws when nobody could run the tool, or two could",
      example: `${made}println(tool_count(r))`,
    },
    (args) => define(args, args.length),
  ),
  pure(
    {
      signature: "tool_list(registry: dict) -> list",
      summary: "List the tools without their handlers",
      example: `${made}println(tool_list(r)[0].name)`,
    },
    ([registry]) =>
      listOf(entriesOf(registryArgument("tool_list", registry, "requires a tool registry")).map(describeEntry)),
  ),
  pure(
    {
      signature: "tool_find(registry: dict, name: string) -> dict | nil",
      summary: "Find a tool by name",
      example: `${made}println(tool_find(r, "add").description)`,
    },
    (args) => {
      if (args.length < 2) throw new Thrown("tool_find: requires registry and name");
      const registry = registryArgument("tool_find", args[0], "first argument must be a tool registry");
      return share(findEntry(registry, display(args[1])));
    },
  ),
  pure(
    {
      signature: "tool_select(registry: dict, names: list) -> dict",
      summary: "Keep only the named tools",
      example: `${made}println(tool_count(tool_select(r, ["add"])))`,
    },
    (args) => {
      if (args.length < 2) throw new Thrown("tool_select: requires registry and names list");
      const registry = registryArgument("tool_select", args[0], "first argument must be a tool registry");
      const [, wanted] = args;
      if (!(wanted instanceof List)) throw new Thrown("tool_select: second argument must be a list of tool names");
      const names = new Set(wanted.items.map(display));
      return withEntries(
        registry,
        entriesOf(registry).filter((entry) => names.has(nameOf(entry))),
      );
    },
  ),
  pure(
    {
      signature: "tool_remove(registry: dict, name: string) -> dict",
      summary: "Take a tool out of a registry",
      example: `${made}println(tool_count(tool_remove(r, "add")))`,
    },
    (args) => {
      if (args.length < 2) throw new Thrown("tool_remove: requires registry and name");
      const registry = registryArgument("tool_remove", args[0], "first argument must be a tool registry");
      const name = display(args[1]);
      return withEntries(
        registry,
        entriesOf(registry).filter((entry) => nameOf(entry) !== name),
      );
    },
  ),
  pure(
    {
      signature: "tool_count(registry: dict) -> int",
      summary: "Count the tools of a registry",
      example: `${made}println(tool_count(r))`,
    },
    ([registry]) => entriesOf(registryArgument("tool_count", registry, "requires a tool registry")).length,
  ),
  pure(
    {
      signature: "tool_describe(registry: dict) -> string",
      summary: "Describe the tools, a line each",
      example: `${made}println(tool_describe(r))`,
    },
    ([registry]) => describeTools(registryArgument("tool_describe", registry, "requires a tool registry")),
  ),
  pure(
    {
      signature: "tool_schema(registry: dict, components?: dict) -> dict",
      summary: "Give the tools as JSON Schema",
      example: `${made}println(len(tool_schema(r).tools))`,
    },
    ([registry, components]) =>
      toolSchema(
        registryArgument("tool_schema", registry, "requires a tool registry"),
        components instanceof Dict ? components : undefined,
      ),
  ),
  pure(
    {
      signature: "tool_prompt(registry: dict) -> string",
      summary: "Explain the tools and how to call them to a model without native tools",
      example: `${made}println(len(tool_prompt(r)) > 0)`,
    },
    ([registry]) => toolPrompt(registryArgument("tool_prompt", registry, "requires a tool registry")),
  ),
  pure(
    {
      signature: "tool_parse_call(text: string) -> list",
      summary: "Find tool calls written in a text",
      example: 'println(tool_parse_call("<tool_call>{}</tool_call>"))',
    },
    ([text]) => new List(parseCalls(text === undefined ? "" : display(text))),
  ),
  pure(
    {
      signature: "tool_format_result(name: string, result: any) -> string",
      summary: "Write a tool's result for a model",
      example: 'println(tool_format_result("add", 3))',
    },
    (args) => {
      if (args.length < 2) throw new Thrown("tool_format_result: requires name and result");
      const quoted = args.map((arg) => JSON.stringify(display(arg)));
      return `<tool_result>{"name": ${quoted[0]}, "result": ${quoted[1]}}</tool_result>`;
    },
  ),
  pure(
    {
      signature: "tool_bind(registry?: dict) -> dict | nil",
      summary: "Make a registry the one that tool_ref and tool_def look into",
      effects: ["state"],
      example: `${made}tool_bind(r)\nprintln(tool_ref("add"))`,
    },
    ([registry], context) => {
      if (registry === undefined) {
        bindRegistry(context, undefined);
        return undefined;
      }
      const bound = registryArgument("tool_bind", registry, "argument must be a tool registry or nil");
      bindRegistry(context, bound);
      return bound;
    },
  ),
  pure(
    {
      signature: "tool_ref(name: string) -> string",
      summary: "Name a tool of the bound registry, checked",
      effects: ["state"],
      errors: "Throws for a name that is not registered",
      example: `${made}tool_bind(r)\nprintln(tool_ref("add"))`,
    },
    ([name], context) => nameOf(boundEntry("tool_ref", name, context)),
  ),
  pure(
    {
      signature: "tool_def(name: string) -> dict",
      summary: "Describe a tool of the bound registry",
      effects: ["state"],
      errors: "Throws for a name that is not registered",
      example: `${made}tool_bind(r)\nprintln(tool_def("add").name)`,
    },
    ([name], context) => describeEntry(boundEntry("tool_def", name, context)),
  ),
  ...toolHookBuiltins,
  ...surfaceBuiltins,
  ...synthesisBuiltins,
];

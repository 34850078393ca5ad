/** Tool registries: dicts `{_type: "tool_registry", tools: [entry…]}`. An entry is a dict with a name; the last one of a name counts. */

import { Dict, dictOf, display, List, listOf, share, Thrown, type Value } from "../../vm/index.ts";

export const REGISTRY_TYPE = "tool_registry";

export function emptyRegistry(): Dict {
  return new Dict(
    new Map<string, Value>([
      ["_type", REGISTRY_TYPE],
      ["tools", new List([])],
    ]),
  );
}

export function isRegistry(value: Value): value is Dict {
  return value instanceof Dict && value.map.get("_type") === REGISTRY_TYPE;
}

/** `missing` is what is said when the argument is no dict at all. */
export function registryArgument(builtin: string, value: Value, missing: string): Dict {
  if (!(value instanceof Dict)) throw new Thrown(`${builtin}: ${missing}`);
  if (!isRegistry(value)) {
    throw new Thrown(`${builtin}: argument must be a tool registry (created with tool_registry())`);
  }
  return value;
}

export function entriesOf(registry: Dict): Dict[] {
  const tools = registry.map.get("tools");
  return tools instanceof List ? tools.items.filter((item): item is Dict => item instanceof Dict) : [];
}

export function nameOf(entry: Dict): string {
  return display(entry.map.get("name"));
}

export function findEntry(registry: Dict, name: string): Dict | undefined {
  return entriesOf(registry).find((entry) => entry.map.get("name") === name);
}

/** The registry with other tools in it; whatever else it holds stays. */
export function withEntries(registry: Dict, entries: readonly Value[]): Dict {
  const copy = new Map(registry.map);
  copy.set("tools", listOf([...entries]));
  return dictOf(copy);
}

/** An entry as programs and prompts may see it: without its function. */
export function describeEntry(entry: Dict): Dict {
  const shown = new Map<string, Value>();
  for (const key of entry.keys()) if (key !== "handler") shown.set(key, share(entry.map.get(key)));
  return new Dict(shown);
}

/** `name: type, …` of a parameter dict, by name. */
export function parameterText(parameters: Value): string {
  if (!(parameters instanceof Dict)) return "";
  return parameters
    .keys()
    .map((key) => `${key}: ${display(parameters.map.get(key))}`)
    .join(", ");
}

export function schemaText(schema: Value): string {
  if (typeof schema === "string") return schema;
  if (!(schema instanceof Dict)) return "";
  const reference = schema.map.get("$ref");
  return typeof reference === "string" ? `$ref(${reference})` : parameterText(schema);
}

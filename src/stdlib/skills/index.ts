/** Skill registries: dicts `{_type: "skill_registry", skills: [entry…]}`; an entry keeps its place when redefined. */

import { fillSkillBody, renderSkillCatalog, type SkillCard } from "../../agent/index.ts";
import { Dict, dictOf, display, isCallable, List, listOf, record, share, Thrown, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

const REGISTRY_TYPE = "skill_registry";
const TEXT_FIELDS = ["short", "description", "when_to_use", "prompt", "invocation", "model", "effort"];
const LIST_FIELDS = ["paths", "allowed_tools", "mcp", "requires_mcp"];

function registryArgument(builtin: string, value: Value, missing: string): Dict {
  if (!(value instanceof Dict)) throw new Thrown(`${builtin}: ${missing}`);
  if (value.map.get("_type") !== REGISTRY_TYPE) {
    throw new Thrown(`${builtin}: argument must be a skill registry (created with skill_registry())`);
  }
  return value;
}

function entriesOf(registry: Dict): Dict[] {
  const skills = registry.map.get("skills");
  return skills instanceof List ? skills.items.filter((item): item is Dict => item instanceof Dict) : [];
}

function nameOf(entry: Dict): string {
  return display(entry.map.get("name"));
}

function withEntries(registry: Dict, entries: readonly Value[]): Dict {
  const copy = new Map(registry.map);
  copy.set("skills", listOf([...entries]));
  return dictOf(copy);
}

function define(args: readonly Value[]): Value {
  if (args.length < 3) throw new Thrown("skill_define: requires registry, name, and config dict");
  const [target, name, given] = args;
  const registry = registryArgument("skill_define", target, "first argument must be a skill registry");
  const skill = display(name);
  if (skill === "") throw new Thrown("skill_define: skill name must be a non-empty string");
  const config = given === undefined ? new Dict(new Map()) : given;
  if (!(config instanceof Dict)) throw new Thrown("skill_define: third argument must be a config dict");
  checkConfig(config);
  const entry = new Map<string, Value>([
    ["name", skill],
    ["description", display(config.map.get("short") ?? "")],
    ...config.map,
  ]);
  const entries = entriesOf(registry);
  const at = entries.findIndex((each) => nameOf(each) === skill);
  const made = dictOf(entry);
  return withEntries(registry, at < 0 ? [...entries, made] : entries.with(at, made));
}

function checkConfig(config: Dict): void {
  for (const key of TEXT_FIELDS) {
    const value = config.map.get(key);
    if (value !== undefined && typeof value !== "string") throw new Thrown(`skill_define: '${key}' must be a string`);
  }
  for (const key of LIST_FIELDS) {
    const value = config.map.get(key);
    if (value !== undefined && !(value instanceof List)) throw new Thrown(`skill_define: '${key}' must be a list`);
  }
  const allowed = config.map.get("allowed_tools");
  for (const entry of allowed instanceof List ? allowed.items.map(display) : []) {
    if (entry === "namespace:") {
      throw new Thrown("skill_define: 'allowed_tools' entry 'namespace:' missing a tag after the colon");
    }
    if (entry.includes(":") && !entry.startsWith("namespace:")) {
      throw new Thrown(
        `skill_define: 'allowed_tools' entry '${entry}' contains ':' — only the \`namespace:<tag>\` prefix is recognized`,
      );
    }
  }
}

/** Without lifecycle hooks: what can be shown and serialised. */
function describeEntry(entry: Dict): Dict {
  const shown = new Map<string, Value>();
  for (const key of entry.keys()) {
    const value = entry.map.get(key);
    if (!isCallable(value)) shown.set(key, share(value));
  }
  return new Dict(shown);
}

function describeSkills(registry: Dict): string {
  const lines = entriesOf(registry).map(
    (entry) => `- ${nameOf(entry)}: ${display(entry.map.get("description") ?? "")}`,
  );
  return ["Available skills:", ...(lines.length === 0 ? ["(none)"] : lines.sort())].join("\n");
}

const made = 'let r = skill_define(skill_registry(), "deploy", {short: "Ship it"})\n';

export const skillBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "skill_registry() -> dict",
      summary: "Start an empty skill registry",
      example: "println(skill_count(skill_registry()))",
    },
    () =>
      new Dict(
        new Map<string, Value>([
          ["_type", REGISTRY_TYPE],
          ["skills", new List([])],
        ]),
      ),
  ),
  pure(
    {
      signature: "skill_define(registry: dict, name: string, config: dict) -> dict",
      summary: "Add a skill to a registry, replacing one of the same name",
      errors: "Throws for fields of the wrong type",
      example: `${made}println(skill_count(r))`,
    },
    define,
  ),
  pure(
    {
      signature: "skill_list(registry: dict) -> list",
      summary: "List the skills without their hooks",
      example: `${made}println(skill_list(r)[0].name)`,
    },
    ([registry]) =>
      listOf(entriesOf(registryArgument("skill_list", registry, "requires a skill registry")).map(describeEntry)),
  ),
  pure(
    {
      signature: "skill_find(registry: dict, name: string) -> dict | nil",
      summary: "Find a skill by name",
      example: `${made}println(skill_find(r, "deploy").description)`,
    },
    (args) => {
      if (args.length < 2) throw new Thrown("skill_find: requires registry and name");
      const registry = registryArgument("skill_find", args[0], "first argument must be a skill registry");
      return share(entriesOf(registry).find((entry) => nameOf(entry) === display(args[1])));
    },
  ),
  pure(
    {
      signature: "skill_select(registry: dict, names: list) -> dict",
      summary: "Keep only the named skills",
      example: `${made}println(skill_count(skill_select(r, [])))`,
    },
    ([target, names]) => {
      const registry = registryArgument("skill_select", target, "first argument must be a skill registry");
      if (!(names instanceof List)) throw new Thrown("skill_select: second argument must be a list of skill names");
      const wanted = new Set(names.items.map(display));
      return withEntries(
        registry,
        entriesOf(registry).filter((entry) => wanted.has(nameOf(entry))),
      );
    },
  ),
  pure(
    {
      signature: "skill_remove(registry: dict, name: string) -> dict",
      summary: "Take a skill out of a registry",
      example: `${made}println(skill_count(skill_remove(r, "deploy")))`,
    },
    ([target, name]) => {
      const registry = registryArgument("skill_remove", target, "first argument must be a skill registry");
      return withEntries(
        registry,
        entriesOf(registry).filter((entry) => nameOf(entry) !== display(name)),
      );
    },
  ),
  pure(
    {
      signature: "skill_count(registry: dict) -> int",
      summary: "Count the skills of a registry",
      example: `${made}println(skill_count(r))`,
    },
    ([registry]) => entriesOf(registryArgument("skill_count", registry, "requires a skill registry")).length,
  ),
  pure(
    {
      signature: "skill_describe(registry: dict) -> string",
      summary: "Describe the skills, a line each",
      example: `${made}println(skill_describe(r))`,
    },
    ([registry]) => describeSkills(registryArgument("skill_describe", registry, "requires a skill registry")),
  ),
  pure(
    {
      signature: "skills_catalog_entries(registry: dict) -> list",
      summary: "List the skills as catalogue entries: name, description, when to use, by name",
      example: `${made}println(skills_catalog_entries(r)[0].name)`,
    },
    ([registry]) =>
      new List(
        catalogCards(registryArgument("skills_catalog_entries", registry, "requires a skill registry")).map((card) =>
          record({ name: card.name, description: card.description, when_to_use: card.whenToUse }),
        ),
      ),
  ),
  pure(
    {
      signature: "render_always_on_catalog(entries: any, budget?: int) -> string",
      summary: "Render a catalogue of skills for a system prompt, in at most that many bytes (2,000)",
      errors: "Throws for what is no list of entries or registry, and for a budget below 1",
      example: `${made}println(render_always_on_catalog(r).contains("deploy"))`,
    },
    ([entries, budget]) => renderSkillCatalog(cardsArgument(entries), budgetArgument(budget)),
  ),
  pure(
    {
      signature: "skill_render(skill: any, arguments?: list) -> string",
      summary: "Fill the placeholders of a skill's body: $ARGUMENTS, $1, \\${HARN_SKILL_DIR} …",
      effects: ["env"],
      errors: "Throws for arguments that are no list",
      example: 'println(skill_render("Hello $1", ["you"]))',
    },
    (args, { host }) => {
      if (args.length === 0) throw new Thrown("skill_render: requires a skill entry or body string");
      const [skill, words] = args;
      if (words !== undefined && !(words instanceof List)) {
        throw new Thrown("skill_render: second argument must be a list of strings");
      }
      const folder = skill instanceof Dict ? skill.map.get("skill_dir") : undefined;
      return fillSkillBody(bodyOf(skill), {
        arguments: words === undefined ? [] : words.items.map(display),
        names: (name) => {
          if (name === "HARN_SKILL_DIR") return folder === undefined ? undefined : display(folder);
          // Only what is ours: a body must not read secrets out of the environment.
          return name.startsWith("HARN_") ? host.sync("env.get", { name }) : undefined;
        },
      });
    },
  ),
];

/** By name. */
function catalogCards(registry: Dict): SkillCard[] {
  return entriesOf(registry)
    .map(cardOf)
    .filter(({ name }) => name !== "")
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function cardOf(entry: Dict): SkillCard {
  const text = (key: string) => display(entry.map.get(key) ?? "");
  return {
    name: text("name"),
    description: text("short") || text("description"),
    whenToUse: text("when_to_use"),
  };
}

function cardsArgument(value: Value): readonly SkillCard[] {
  if (value instanceof List) return value.items.filter((item): item is Dict => item instanceof Dict).map(cardOf);
  const what = "first argument must be a catalog entry list or skill registry";
  return catalogCards(registryArgument("render_always_on_catalog", value, what));
}

function budgetArgument(value: Value): number {
  if (value === undefined) return 2000;
  if (typeof value === "number" && value > 0) return value;
  throw new Thrown("render_always_on_catalog: second argument must be a positive integer budget");
}

function bodyOf(skill: Value): string {
  if (typeof skill === "string") return skill;
  if (skill instanceof Dict) return display(skill.map.get("body") ?? skill.map.get("prompt") ?? "");
  throw new Thrown("skill_render: first argument must be a skill entry or a string body");
}

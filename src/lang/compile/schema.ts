/** Types as data: the schema dict of `schema_of(T)`, its JSON Schema form for tools, and the run-time argument test. */

import { table } from "../../base/index.ts";
import type { Constant, TypeTest } from "../../bytecode/index.ts";
import type { TypeExpr } from "../syntax/ast.ts";
import type { FileFacts } from "./analysis.ts";

type Schema = Extract<Constant, { kind: "dict" }>;

/** Names with a run-time meaning; user types and type parameters have none. */
const CHECKED_NAMES = new Set(["int", "float", "string", "bool", "list", "dict", "set", "nil", "closure", "bytes"]);

/** Alias expansion stops here; a self-referring alias has no schema. */
const MAX_ALIAS_DEPTH = 32;

const text = (value: string): Constant => ({ kind: "string", value });
const dict = (entries: readonly (readonly [string, Constant])[]): Schema => ({ kind: "dict", entries });

/** The schema of a type, or undefined when (part of) it has no run-time form. */
export function typeToSchema(type: TypeExpr, facts: FileFacts, depth = 0): Schema | undefined {
  if (depth > MAX_ALIAS_DEPTH) return undefined;
  switch (type.kind) {
    case "NamedType": {
      if (CHECKED_NAMES.has(type.name)) return dict([["type", text(type.name)]]);
      const alias = facts.aliases.get(type.name);
      return alias && typeToSchema(alias, facts, depth + 1);
    }
    case "LiteralType":
      return typeof type.value === "string"
        ? dict([
            ["type", text("string")],
            ["const", text(type.value)],
          ])
        : dict([
            ["type", text("int")],
            ["const", { kind: "int", value: type.value }],
          ]);
    case "ShapeType": {
      const properties: [string, Constant][] = [];
      const required: Constant[] = [];
      for (const field of type.fields) {
        const schema = typeToSchema(field.type, facts, depth + 1);
        if (!schema) return undefined;
        properties.push([field.name, schema]);
        if (!field.optional) required.push(text(field.name));
      }
      return dict([
        ["type", text("dict")],
        ["properties", dict(properties)],
        ...(required.length > 0 ? [["required", { kind: "list", items: required }] as const] : []),
      ]);
    }
    case "AppliedType": {
      if (type.name === "list") {
        const items = type.args[0] && typeToSchema(type.args[0], facts, depth + 1);
        return dict([["type", text("list")], ...(items ? [["items", items] as const] : [])]);
      }
      if (type.name === "dict") {
        const [key, value] = type.args;
        const values =
          key?.kind === "NamedType" && key.name === "string" && value
            ? typeToSchema(value, facts, depth + 1)
            : undefined;
        return dict([["type", text("dict")], ...(values ? [["additional_properties", values] as const] : [])]);
      }
      return undefined;
    }
    case "UnionType":
      return unionSchema(type.members, facts, depth);
    case "FnType":
      return dict([["type", text("closure")]]);
  }
}

function unionSchema(members: readonly TypeExpr[], facts: FileFacts, depth: number): Schema | undefined {
  const literals = members.map((member) => (member.kind === "LiteralType" ? member.value : undefined));
  if (literals.every((value) => typeof value === "string")) {
    return dict([
      ["type", text("string")],
      ["enum", { kind: "list", items: literals.map((value) => text(value)) }],
    ]);
  }
  if (literals.every((value) => typeof value === "bigint")) {
    return dict([
      ["type", text("int")],
      ["enum", { kind: "list", items: literals.map((value) => ({ kind: "int", value }) as const) }],
    ]);
  }
  const branches = members.flatMap((member) => typeToSchema(member, facts, depth + 1) ?? []);
  return branches.length === 0 ? undefined : dict([["union", { kind: "list", items: branches }]]);
}

const JSON_TYPE_NAMES: Readonly<Record<string, string>> = table({
  int: "integer",
  float: "number",
  bool: "boolean",
  nil: "null",
  list: "array",
  dict: "object",
});

/** JSON Schema of a schema dict made above, for tool parameters. */
export function schemaToJsonSchema(schema: Constant): Constant {
  if (schema.kind !== "dict") return schema;
  const entries: [string, Constant][] = [];
  for (const [key, value] of schema.entries) {
    switch (key) {
      case "type":
        entries.push(...jsonType(value));
        break;
      case "properties":
        entries.push([key, mapValues(value, schemaToJsonSchema)]);
        break;
      case "items":
        entries.push([key, schemaToJsonSchema(value)]);
        break;
      case "additional_properties":
        entries.push(["additionalProperties", schemaToJsonSchema(value)]);
        break;
      case "union":
        entries.push([
          "anyOf",
          value.kind === "list" ? { kind: "list", items: value.items.map(schemaToJsonSchema) } : value,
        ]);
        break;
      default:
        entries.push([key, value]);
    }
  }
  return dict(entries);
}

function jsonType(value: Constant): [string, Constant][] {
  if (value.kind !== "string") return [["type", value]];
  if (value.value === "closure") {
    return [
      ["type", text("string")],
      ["x-harn-type", text("closure")],
    ];
  }
  if (value.value === "set") {
    return [
      ["type", text("array")],
      ["uniqueItems", { kind: "bool", value: true }],
    ];
  }
  return [["type", text(JSON_TYPE_NAMES[value.value] ?? value.value)]];
}

function mapValues(value: Constant, change: (value: Constant) => Constant): Constant {
  return value.kind === "dict" ? dict(value.entries.map(([key, item]) => [key, change(item)])) : value;
}

/** What an argument of this type is tested for; `any` when nothing is. */
export function typeToTest(type: TypeExpr, facts: FileFacts, depth = 0): TypeTest {
  const any: TypeTest = { kind: "any" };
  if (depth > MAX_ALIAS_DEPTH) return any;
  switch (type.kind) {
    case "NamedType": {
      const methods = facts.interfaces.get(type.name);
      if (methods) return { kind: "interface", name: type.name, methods };
      if (CHECKED_NAMES.has(type.name)) return { kind: "named", name: type.name };
      const alias = facts.aliases.get(type.name);
      return alias ? typeToTest(alias, facts, depth + 1) : any;
    }
    case "LiteralType":
      return { kind: "literals", values: [type.value] };
    case "ShapeType": {
      const fields = type.fields.map((field) => ({
        name: field.name,
        type: typeToTest(field.type, facts, depth + 1),
        optional: field.optional,
      }));
      return fields.some((field) => field.type.kind === "any") ? any : { kind: "shape", fields };
    }
    case "AppliedType": {
      if (type.name === "list") {
        const items = type.args[0] ? typeToTest(type.args[0], facts, depth + 1) : any;
        return items.kind === "any" ? { kind: "named", name: "list" } : { kind: "list", items };
      }
      if (type.name === "dict") {
        const values = type.args[1] ? typeToTest(type.args[1], facts, depth + 1) : any;
        return values.kind === "any" ? { kind: "named", name: "dict" } : { kind: "dict", values };
      }
      return any;
    }
    case "UnionType": {
      const members = type.members.map((member) => typeToTest(member, facts, depth + 1));
      return members.some((member) => member.kind === "any") ? any : { kind: "union", members };
    }
    case "FnType":
      return { kind: "named", name: "closure" };
  }
}

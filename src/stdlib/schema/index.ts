/** Schemas: testing values, and making schemas out of schemas. */

import { Dict, display, err, isTruthy, List, ok, record, share, Thrown, typeName, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";
import { canonicalSchema } from "./canonical.ts";
import { toJsonSchema } from "./json-schema.ts";
import { extendSchema, partialSchema, selectProperties } from "./transform.ts";
import { type Validation, validate } from "./validate.ts";

function need(name: string, count: number, args: readonly Value[]): void {
  if (args.length < count) throw new Thrown(`${name} requires ${count} arguments`);
}

function validateAs(value: Value, schema: Value, defaults: boolean): Validation {
  return validate(value, canonicalSchema(schema), defaults);
}

/** `Ok(value)`, or `Err({message, errors, value})`. A schema that is none is an Err too. */
function resultOf(value: Value, schema: Value, defaults: boolean): Value {
  let canonical: Dict;
  try {
    canonical = canonicalSchema(schema);
  } catch (error) {
    if (!(error instanceof Thrown)) throw error;
    return err(record({ message: error.value, errors: new List([error.value]) }));
  }
  const { value: checked, errors } = validate(value, canonical, defaults);
  if (errors.length === 0) return ok(share(checked));
  return err(record({ message: errors[0], errors: new List([...errors]), value: share(checked) }));
}

/** The value, or its problems thrown as one text. */
function expectAs(value: Value, schema: Value, defaults: boolean): Value {
  const { value: checked, errors } = validateAs(value, schema, defaults);
  if (errors.length > 0) throw new Thrown(errors.join("; "));
  return share(checked);
}

function names(builtin: string, keys: Value): ReadonlySet<string> {
  if (!(keys instanceof List)) throw new Thrown(`${builtin}: keys must be a list`);
  return new Set(keys.items.map(display));
}

const USER =
  '{type: "dict", required: ["name"], properties: {name: {type: "string"}, role: {type: "string", default: "user"}}}';

const test = (name: string): Builtin =>
  pure(
    {
      signature: `${name}(value: any, schema: dict) -> bool`,
      summary: "Tell whether a value fits a schema",
      errors: "A schema that is no dict",
      example: `println(${name}(3, {type: "int", min: 1}))`,
    },
    (args) => {
      need(name, 2, args);
      return validateAs(args[0], args[1], false).errors.length === 0;
    },
  );

const result = (name: string, summary: string, defaults: boolean): Builtin =>
  pure(
    {
      signature: `${name}(value: any, schema: dict) -> Result`,
      summary,
      example: `println(${name}({name: "Ada"}, ${USER}))`,
    },
    (args) => {
      need(name, 2, args);
      return resultOf(args[0], args[1], defaults);
    },
  );

const converted = (name: string, summary: string, convert: (schema: Dict) => Dict): Builtin =>
  pure(
    {
      signature: `${name}(schema: dict) -> dict`,
      summary,
      errors: "A schema that is no dict",
      example: `println(${name}({type: "int", min: 1, nullable: true}))`,
    },
    (args) => {
      need(name, 1, args);
      return convert(canonicalSchema(args[0]));
    },
  );

export const schemaBuiltins: readonly Builtin[] = [
  test("schema_is"),
  test("is_type"),
  result("schema_check", "Check a value: `Ok(value)` or `Err({message, errors, value})`", false),
  result("schema_parse", "Check a value and fill in defaults: `Ok(value)` or `Err({message, errors, value})`", true),
  pure(
    {
      signature: "schema_expect(value: any, schema: dict, defaults?: bool) -> any",
      summary: "Check a value and give it back, filling in defaults when asked",
      errors: "Throws all problems as one text",
      example: `println(schema_expect({name: "Ada"}, ${USER}, true).role)`,
    },
    (args) => {
      need("schema_expect", 2, args);
      return expectAs(args[0], args[1], isTruthy(args[2]));
    },
  ),
  pure(
    {
      signature: "json_validate(value: any, schema: dict) -> bool",
      summary: "True when a value fits a schema",
      errors: "Throws all problems as one text when it does not",
      example: 'println(json_validate({n: 1}, {properties: {n: {type: "int"}}}))',
    },
    (args) => {
      need("json_validate", 2, args);
      expectAs(args[0], args[1], false);
      return true;
    },
  ),
  pure(
    {
      signature: "schema_of(type: any) -> dict",
      summary: "The schema of a type alias; a schema dict stands for itself",
      errors: "Anything else",
      example: "type Name = {name: string}\nprintln(schema_of(Name))",
    },
    (args) => {
      need("schema_of", 1, args);
      const [schema] = args;
      if (schema instanceof Dict) return share(schema);
      throw new Thrown(`schema_of: expected a type alias or schema dict, got ${typeName(schema)}`);
    },
  ),
  converted("schema_to_json_schema", "Write a schema as JSON Schema", (schema) => toJsonSchema(schema, "json-schema")),
  converted("schema_to_openapi_schema", "Write a schema as OpenAPI 3.0", (schema) => toJsonSchema(schema, "openapi")),
  converted("schema_from_json_schema", "Read JSON Schema as a schema of the language", (schema) => schema),
  converted("schema_from_openapi_schema", "Read an OpenAPI schema as a schema of the language", (schema) => schema),
  pure(
    {
      signature: "schema_extend(schema: dict, overrides: dict) -> dict",
      summary: "Replace words of a schema by those of another",
      errors: "Schemas that are no dicts",
      example: 'println(schema_extend({type: "int"}, {min: 1}))',
    },
    (args) => {
      need("schema_extend", 2, args);
      return extendSchema(canonicalSchema(args[0]), canonicalSchema(args[1]));
    },
  ),
  converted("schema_partial", "Make every field optional, at any depth", partialSchema),
  pure(
    {
      signature: "schema_pick(schema: dict, keys: list) -> dict",
      summary: "Keep some properties of a schema",
      errors: "A schema that is no dict, keys that are no list",
      example: `println(schema_pick(${USER}, ["name"]))`,
    },
    (args) => {
      need("schema_pick", 2, args);
      const wanted = names("schema_pick", args[1]);
      return selectProperties(canonicalSchema(args[0]), (name) => wanted.has(name));
    },
  ),
  pure(
    {
      signature: "schema_omit(schema: dict, keys: list) -> dict",
      summary: "Drop some properties of a schema",
      errors: "A schema that is no dict, keys that are no list",
      example: `println(schema_omit(${USER}, ["role"]))`,
    },
    (args) => {
      need("schema_omit", 2, args);
      const dropped = names("schema_omit", args[1]);
      return selectProperties(canonicalSchema(args[0]), (name) => !dropped.has(name));
    },
  ),
];

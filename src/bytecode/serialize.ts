/** Bytecode as JSON and back. What is read is decoded, never trusted: run the verifier on it before running it. */

import { HarnError, isJsonObject, type Json } from "../base/index.ts";
import { type Constant, FORMAT_VERSION, type FunctionProto, type ModuleCode, type TypeTest } from "./function.ts";

export function encodeModule(module: ModuleCode): Json {
  return { ...module, main: encodeFunction(module.main) } as unknown as Json;
}

/** Throws a `HarnError` with code `bytecode.malformed` or `bytecode.version`. */
export function decodeModule(json: Json): ModuleCode {
  if (!isJsonObject(json)) throw malformed("a module", json);
  if (json["version"] !== FORMAT_VERSION) {
    throw new HarnError(
      "bytecode.version",
      `Expected bytecode version ${FORMAT_VERSION}, found ${String(json["version"])}`,
    );
  }
  return {
    version: FORMAT_VERSION,
    id: string(json["id"]),
    file: string(json["file"]),
    slotNames: list(json["slotNames"]).map(string),
    imports: list(json["imports"]).map((entry) => {
      const item = object(entry);
      return { module: string(item["module"]), name: string(item["name"]), slot: int(item["slot"]) };
    }),
    dependencies: list(json["dependencies"]).map(string),
    exports: list(json["exports"]).map((entry) => {
      const item = object(entry);
      return { name: string(item["name"]), slot: int(item["slot"]) };
    }),
    hoisted: list(json["hoisted"]).map((entry) => {
      const item = object(entry);
      return { slot: int(item["slot"]), index: int(item["index"]) };
    }),
    main: decodeFunction(json["main"]),
  };
}

function encodeFunction(proto: FunctionProto): Json {
  return {
    ...proto,
    code: Array.from(proto.code),
    places: Array.from(proto.places),
    constants: proto.constants.map(encodeConstant),
    functions: proto.functions.map(encodeFunction),
  } as unknown as Json;
}

function decodeFunction(json: Json | undefined): FunctionProto {
  const item = object(json);
  const kind = string(item["kind"]);
  if (kind !== "plain" && kind !== "generator" && kind !== "stream") throw malformed("a function kind", kind);
  return {
    name: string(item["name"]),
    paramNames: list(item["paramNames"]).map(string),
    requiredCount: int(item["requiredCount"]),
    hasRest: item["hasRest"] === true,
    kind,
    registerCount: int(item["registerCount"]),
    captures: list(item["captures"]).map(int),
    code: Int32Array.from(list(item["code"]).map(int)),
    constants: list(item["constants"]).map(decodeConstant),
    functions: list(item["functions"]).map(decodeFunction),
    natives: list(item["natives"]).map(string),
    handlers: list(item["handlers"]).map((entry) => {
      const handler = object(entry);
      return {
        start: int(handler["start"]),
        end: int(handler["end"]),
        target: int(handler["target"]),
        register: int(handler["register"]),
        kind: handler["kind"] === "finally" ? "finally" : "catch",
        scopeDepth: int(handler["scopeDepth"]),
      };
    }),
    places: Int32Array.from(list(item["places"]).map(int)),
  };
}

/** Integers as decimal strings: JSON numbers cannot hold 64 bits. Non-finite floats as their names. */
function encodeConstant(constant: Constant): Json {
  switch (constant.kind) {
    case "int":
      return { kind: "int", value: String(constant.value) };
    case "duration":
      return { kind: "duration", ms: String(constant.ms) };
    case "float":
      return { kind: "float", value: Object.is(constant.value, -0) ? "-0" : String(constant.value) };
    case "list":
      return { kind: "list", items: constant.items.map(encodeConstant) };
    case "dict":
      return { kind: "dict", entries: constant.entries.map(([key, value]) => [key, encodeConstant(value)]) };
    case "type":
      return { kind: "type", type: encodeBigints(constant.type) };
    case "nil":
    case "bool":
    case "string":
    case "struct":
      return constant;
  }
}

function decodeConstant(json: Json): Constant {
  const item = object(json);
  const kind = string(item["kind"]);
  switch (kind) {
    case "nil":
      return { kind };
    case "bool":
      return { kind, value: item["value"] === true };
    case "int":
      return { kind, value: bigint(item["value"]) };
    case "duration":
      return { kind, ms: bigint(item["ms"]) };
    case "float":
      return { kind, value: Number(string(item["value"])) };
    case "string":
      return { kind, value: string(item["value"]) };
    case "list":
      return { kind, items: list(item["items"]).map(decodeConstant) };
    case "dict":
      return {
        kind,
        entries: list(item["entries"]).map((entry) => {
          const [key, value] = list(entry);
          return [string(key), decodeConstant(value ?? null)] as const;
        }),
      };
    case "struct":
      return { kind, name: string(item["name"]), fields: list(item["fields"]).map(string) };
    case "type":
      return { kind, type: decodeTypeTest(item["type"]) };
    default:
      throw malformed("a constant", kind);
  }
}

/** Bigints inside a type test travel as `{ "$int": "…" }`. */
function encodeBigints(value: unknown): Json {
  if (typeof value === "bigint") return { $int: String(value) };
  if (Array.isArray(value)) return value.map(encodeBigints);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encodeBigints(item)]));
  }
  return value as Json;
}

function decodeTypeTest(json: Json | undefined): TypeTest {
  const item = object(json);
  const kind = string(item["kind"]);
  switch (kind) {
    case "any":
      return { kind };
    case "named":
      return { kind, name: string(item["name"]) };
    case "list":
      return { kind, ...(item["items"] !== undefined && { items: decodeTypeTest(item["items"]) }) };
    case "dict":
      return { kind, ...(item["values"] !== undefined && { values: decodeTypeTest(item["values"]) }) };
    case "shape":
      return {
        kind,
        fields: list(item["fields"]).map((entry) => {
          const field = object(entry);
          return {
            name: string(field["name"]),
            type: decodeTypeTest(field["type"]),
            optional: field["optional"] === true,
          };
        }),
      };
    case "union":
      return { kind, members: list(item["members"]).map(decodeTypeTest) };
    case "literals":
      return {
        kind,
        values: list(item["values"]).map((value) => (isJsonObject(value) ? bigint(value["$int"]) : string(value))),
      };
    case "interface":
      return { kind, name: string(item["name"]), methods: list(item["methods"]).map(string) };
    default:
      throw malformed("a type", kind);
  }
}

function malformed(expected: string, found: unknown): HarnError {
  const shown = JSON.stringify(found) ?? String(found);
  return new HarnError("bytecode.malformed", `Expected ${expected}, found ${shown.slice(0, 80)}`);
}

function object(value: Json | undefined): Readonly<Record<string, Json | undefined>> {
  if (!isJsonObject(value)) throw malformed("an object", value);
  return value;
}

function list(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) throw malformed("a list", value);
  return value;
}

function string(value: Json | undefined): string {
  if (typeof value !== "string") throw malformed("a string", value);
  return value;
}

function int(value: Json | undefined): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw malformed("an integer", value);
  return value;
}

function bigint(value: Json | undefined): bigint {
  if (typeof value !== "string" || !/^-?\d+$/.test(value)) throw malformed("an integer in quotes", value);
  return BigInt(value);
}

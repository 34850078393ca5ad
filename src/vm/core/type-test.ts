/** Run-time enforcement of parameter annotations (language spec 18.13–14). */

import type { TypeTest } from "../../bytecode/index.ts";
import { RuntimeError } from "../error.ts";
import { display } from "../value/display.ts";
import { isInt } from "../value/numbers.ts";
import { Dict, Float, List, SetValue, StructValue, typeName, type Value } from "../value/value.ts";

/** Throws when an argument does not have its parameter's type; shapes are checked deeply. */
export function checkArgument(value: Value, parameter: string, type: TypeTest): void {
  const problem = firstProblem(value, parameter, type);
  if (problem === undefined) return;
  throw problem.structural
    ? new RuntimeError("type", problem.message)
    : new RuntimeError("runtime", `TypeError: ${problem.message}`);
}

interface Problem {
  readonly message: string;
  /** About a field or item rather than the argument itself. */
  readonly structural: boolean;
}

function firstProblem(value: Value, path: string, type: TypeTest): Problem | undefined {
  switch (type.kind) {
    case "any":
      return undefined;
    case "named":
      if (matchesNamed(value, type.name)) return undefined;
      if (type.name === "dict")
        return structural(`parameter '${path}': expected dict or struct, got ${typeName(value)}`);
      return mismatch(value, path, type.name);
    case "list": {
      if (!(value instanceof List)) return mismatch(value, path, "list");
      if (!type.items) return undefined;
      for (let i = 0; i < value.items.length; i++) {
        if (!matches(value.items[i], type.items)) {
          return {
            structural: false,
            message: `parameter '${path}': at [${i}]: expected type '${typeLabel(type.items)}', got ${typeName(value.items[i])}`,
          };
        }
      }
      return undefined;
    }
    case "dict": {
      if (!(value instanceof Dict || value instanceof StructValue)) {
        return structural(`parameter '${path}': expected dict or struct, got ${typeName(value)}`);
      }
      if (!type.values) return undefined;
      for (const key of value.keys()) {
        const item = value.map.get(key);
        if (!matches(item, type.values)) {
          return structural(
            `parameter '${path}': field '${key}' expected ${typeLabel(type.values)}, got ${typeName(item)}`,
          );
        }
      }
      return undefined;
    }
    case "shape":
      return shapeProblem(value, path, type);
    case "union":
      return type.members.some((member) => matches(value, member)) ? undefined : mismatch(value, path, typeLabel(type));
    case "literals":
      return type.values.some((literal) => isLiteral(value, literal))
        ? undefined
        : mismatch(value, path, typeLabel(type));
    case "interface":
      if (value instanceof StructValue) return undefined;
      return structural(
        `parameter '${path}': expected value satisfying interface '${type.name}', got ${typeName(value)}`,
      );
  }
}

function isLiteral(value: Value, literal: string | bigint): boolean {
  return typeof literal === "string" ? value === literal : isInt(value) && BigInt(value) === literal;
}

function structural(message: string): Problem {
  return { structural: true, message };
}

function mismatch(value: Value, path: string, expected: string): Problem {
  return {
    structural: false,
    message: `parameter '${path}' expected ${expected}, got ${typeName(value)} (${display(value)})`,
  };
}

function shapeProblem(value: Value, path: string, type: Extract<TypeTest, { kind: "shape" }>): Problem | undefined {
  if (!(value instanceof Dict || value instanceof StructValue)) {
    return structural(`parameter '${path}': expected dict or struct, got ${typeName(value)}`);
  }
  for (const field of type.fields) {
    if (!value.map.has(field.name)) {
      if (field.optional || matches(undefined, field.type)) continue;
      return structural(`parameter '${path}': missing field '${field.name}' (${typeLabel(field.type)})`);
    }
    const item = value.map.get(field.name);
    if (field.optional && item === undefined) continue;
    if (field.type.kind === "shape" && (item instanceof Dict || item instanceof StructValue)) {
      const inner = shapeProblem(item, `${path}.${field.name}`, field.type);
      if (inner) return inner;
    } else if (!matches(item, field.type)) {
      const expected = field.type.kind === "shape" ? "dict or struct" : typeLabel(field.type);
      return structural(`parameter '${path}': field '${field.name}' expected ${expected}, got ${typeName(item)}`);
    }
  }
  return undefined;
}

function matches(value: Value, type: TypeTest): boolean {
  return firstProblem(value, "", type) === undefined;
}

function matchesNamed(value: Value, name: string): boolean {
  switch (name) {
    case "int":
    case "float":
      return isInt(value) || value instanceof Float;
    case "dict":
      return value instanceof Dict || value instanceof StructValue;
    case "set":
      return value instanceof SetValue;
    case "closure":
      return typeName(value) === "closure" || typeName(value) === "builtin";
    default:
      return typeName(value) === name;
  }
}

function typeLabel(type: TypeTest): string {
  switch (type.kind) {
    case "any":
      return "any";
    case "named":
    case "interface":
      return type.name;
    case "list":
      return type.items ? `list<${typeLabel(type.items)}>` : "list";
    case "dict":
    case "shape":
      return "dict";
    case "union":
      return type.members.map(typeLabel).join("|");
    case "literals":
      return type.values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value))).join("|");
  }
}

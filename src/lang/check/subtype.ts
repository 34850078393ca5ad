/**
 * Assignability: may a value of type `actual` stand where `expected` is wanted?
 *
 * Widening (`int` into `float`) holds in covariant positions only. `list` and `dict` are invariant, `iter`, streams,
 * `Result` and shape fields covariant, function parameters contravariant; declared generics follow their `in`/`out`
 * markers. Every recursion here spends from one budget, and an exhausted budget says yes: a gradual checker stays
 * silent about what it cannot work out.
 */

import { resolveAlias } from "./aliases.ts";
import {
  findMethods,
  findType,
  findTypeOfKind,
  type InterfaceDeclaration,
  isForeignName,
  type MethodSignature,
  type TypeTable,
  varianceOf,
} from "./declarations.ts";
import { bindAll, bindTypes, substitute, type TypeBindings } from "./generics.ts";
import {
  type FnType,
  findField,
  isDynamic,
  isNamed,
  type NamedType,
  printType,
  type ShapeType,
  type Type,
  UNTYPED,
} from "./types.ts";
import { membersOf } from "./unions.ts";

const MAX_DEPTH = 60;
const MAX_STEPS = 20_000;

interface Budget {
  steps: number;
}

export function isAssignable(types: TypeTable, expected: Type, actual: Type): boolean {
  return assignable(types, expected, actual, 0, { steps: 0 });
}

function assignable(types: TypeTable, written: Type, given: Type, depth: number, budget: Budget): boolean {
  if (written === given || depth > MAX_DEPTH || ++budget.steps > MAX_STEPS) return true;
  if (given.kind === "Untyped" || given.kind === "Param" || written.kind === "Untyped" || written.kind === "Param") {
    return true;
  }
  const expected = resolveAlias(types, written);
  const actual = resolveAlias(types, given);
  if (isDynamic(expected) || actual.kind === "Untyped" || actual.kind === "Never") return true;
  if (expected.kind === "Never") return false;
  if (actual.kind === "Any" || expected.kind === "Unknown") return true;
  if (actual.kind === "Unknown")
    return membersOf(expected).some((member) => member.kind === "Unknown" || isDynamic(member));
  const inner = (wanted: Type, found: Type): boolean => assignable(types, wanted, found, depth + 1, budget);
  if (actual.kind === "Union") return actual.members.every((member) => inner(expected, member));
  if (expected.kind === "Union") return expected.members.some((member) => inner(member, actual));
  if (isForeign(types, expected) || isForeign(types, actual)) return true;
  if (expected.kind === "Named") {
    const declared = findTypeOfKind(types, expected.name, "Interface");
    if (declared !== undefined) return satisfies(types, declared, expected, actual, inner);
  }
  switch (expected.kind) {
    case "Named":
      return intoNamed(types, expected, actual, inner);
    case "Shape":
      return intoShape(types, expected, actual, inner);
    case "Fn":
      return isNamed(actual, "closure") || (actual.kind === "Fn" && fnFits(expected, actual, inner));
    case "Literal":
      // A base-typed value flows into a literal union; the run-time check of the annotation guards the set.
      if (actual.kind === "Literal") return expected.value === actual.value;
      return isNamed(actual, typeof expected.value === "string" ? "string" : "int");
  }
}

type Inner = (expected: Type, actual: Type) => boolean;

function intoNamed(
  types: TypeTable,
  expected: NamedType,
  actual: Exclude<Type, { kind: "Union" }>,
  inner: Inner,
): boolean {
  switch (actual.kind) {
    case "Named":
      if (expected.name !== actual.name) return isWidening(expected.name, actual.name);
      return argsFit(types, expected, actual, inner);
    case "Literal":
      return typeof actual.value === "string"
        ? expected.name === "string"
        : expected.name === "int" || expected.name === "float";
    case "Shape": {
      if (expected.name === "Schema") return true;
      if (expected.name !== "dict") return false;
      const [key, value] = expected.args;
      if (key === undefined || value === undefined) return true;
      return inner(key, STRING_KEY) && actual.fields.every((field) => inner(value, field.type));
    }
    case "Fn":
      return expected.name === "closure";
    case "Untyped":
    case "Any":
    case "Unknown":
    case "Never":
    case "Param":
      return false;
  }
}

/** Schemas are dicts, and a dict may be a schema. */
function isWidening(expected: string, actual: string): boolean {
  if (expected === "float") return actual === "int";
  return (expected === "Schema" && actual === "dict") || (expected === "dict" && actual === "Schema");
}

const STRING_KEY: Type = { kind: "Named", name: "string", args: [] };

function argsFit(types: TypeTable, expected: NamedType, actual: NamedType, inner: Inner): boolean {
  // Bare `list` says nothing about its elements, in either direction.
  if (expected.args.length === 0 || actual.args.length === 0) return true;
  if (expected.args.length !== actual.args.length) return false;
  return expected.args.every((wanted, index) => {
    const found = actual.args[index] ?? UNTYPED;
    const variance = actual.fresh === true ? "out" : varianceOf(types, expected.name, index);
    return (variance === "in" || inner(wanted, found)) && (variance === "out" || inner(found, wanted));
  });
}

function intoShape(types: TypeTable, expected: ShapeType, actual: Type, inner: Inner): boolean {
  if (isNamed(actual, "dict")) return true;
  const found = actual.kind === "Shape" ? actual : structShape(types, actual);
  if (found === undefined) return false;
  return expected.fields.every((field) => {
    const there = findField(found, field.name);
    if (there === undefined) return field.optional;
    if (field.optional) return isNamed(there.type, "nil") || inner(field.type, there.type);
    return !there.optional && inner(field.type, there.type);
  });
}

/** The fields of a struct instance as a shape: shapes describe dicts and struct instances alike. */
export function structShape(types: TypeTable, type: Type): ShapeType | undefined {
  if (type.kind !== "Named") return undefined;
  const declared = findTypeOfKind(types, type.name, "Struct");
  if (declared === undefined) return undefined;
  const names = declared.params.map((param) => param.name);
  const bindings = bindAll(names, type.args);
  return {
    kind: "Shape",
    fields: declared.fields.map((field) => ({
      name: field.name,
      type: substitute(field.type, bindings, new Set(names)),
      optional: field.optional,
    })),
  };
}

function fnFits(expected: FnType, actual: FnType, inner: Inner): boolean {
  const passed = expected.params.length;
  if (passed < actual.required || passed > actual.params.length) return false;
  return (
    expected.params.every((param, index) => inner(actual.params[index] ?? UNTYPED, param)) &&
    inner(expected.returns, actual.returns)
  );
}

function isForeign(types: TypeTable, type: Type): boolean {
  return type.kind === "Named" && isForeignName(types, type.name);
}

// ---- Interfaces ------------------------------------------------------------------------------------------------------

function satisfies(
  types: TypeTable,
  wanted: InterfaceDeclaration,
  expected: NamedType,
  actual: Type,
  inner: Inner,
): boolean {
  if (actual.kind !== "Named") return false;
  if (actual.name === expected.name) return argsFit(types, expected, actual, inner);
  const bindings = bindAll(
    wanted.params.map((param) => param.name),
    expected.args,
  );
  return mismatch(types, actual, wanted, bindings, inner) === undefined;
}

/** Why a value of type `actual` does not satisfy the interface called `bound`; `undefined` when it does. */
export function interfaceMismatch(types: TypeTable, actual: Type, bound: string): string | undefined {
  const wanted = findTypeOfKind(types, bound, "Interface");
  if (wanted === undefined) {
    return isForeignName(types, bound) ? undefined : `interface '${bound}' not found`;
  }
  const resolved = resolveAlias(types, actual);
  if (isDynamic(resolved) || resolved.kind === "Never" || isForeign(types, resolved)) return undefined;
  if (resolved.kind === "Union") {
    for (const member of resolved.members) {
      const reason = interfaceMismatch(types, member, bound);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }
  if (resolved.kind !== "Named") return "only named types can satisfy interfaces";
  if (resolved.name === bound) return undefined;
  return mismatch(types, resolved, wanted, new Map(), (expected, found) => isAssignable(types, expected, found));
}

function mismatch(
  types: TypeTable,
  actual: NamedType,
  wanted: InterfaceDeclaration,
  given: ReadonlyMap<string, Type>,
  inner: Inner,
): string | undefined {
  const methods = methodsOf(types, actual.name);
  if (methods === undefined) {
    if (wanted.methods.length === 0) return undefined;
    return `missing method(s): ${wanted.methods.map((method) => method.name).join(", ")}`;
  }
  const bindings: TypeBindings = new Map(given);
  const associated = new Set(wanted.associatedTypes.map((type) => type.name));
  const open = new Set([...associated, ...wanted.params.map((param) => param.name)]);
  for (const method of wanted.methods) {
    const reason = methodMismatch(method, methods, associated, open, bindings, inner);
    if (reason !== undefined) return reason;
  }
  for (const { name, defaultType } of wanted.associatedTypes) {
    const found = bindings.get(name);
    if (defaultType === undefined || found === undefined) continue;
    const expected = substitute(defaultType, bindings, open);
    if (!inner(expected, found)) {
      return `associated type '${name}' resolves to '${printType(found)}', expected '${printType(expected)}'`;
    }
  }
  return undefined;
}

/** What can be called on a value of the type named so: its `impl` methods, or an interface's own. */
export function methodsOf(types: TypeTable, name: string): readonly MethodSignature[] | undefined {
  const declared = findType(types, name);
  return declared?.kind === "Interface" ? declared.methods : findMethods(types, name);
}

function methodMismatch(
  wanted: MethodSignature,
  methods: readonly MethodSignature[],
  associated: ReadonlySet<string>,
  open: ReadonlySet<string>,
  bindings: TypeBindings,
  inner: Inner,
): string | undefined {
  const found = methods.find((method) => method.name === wanted.name);
  if (found === undefined) return `missing method '${wanted.name}'`;
  if (found.params.length !== wanted.params.length) {
    return `method '${wanted.name}' has ${found.params.length} parameter(s), expected ${wanted.params.length}`;
  }
  for (const [index, param] of wanted.params.entries()) {
    const actual = found.params[index]?.type ?? UNTYPED;
    const conflict = bindTypes(param.type, actual, associated, bindings);
    if (conflict !== undefined) return conflict.message;
    const expected = substitute(param.type, bindings, open);
    // Contravariant: the method must take whatever the interface promises to take.
    if (!inner(actual, expected)) {
      return `method '${wanted.name}' parameter ${index + 1} has type '${printType(actual)}', expected '${printType(expected)}'`;
    }
  }
  const conflict = bindTypes(wanted.returns, found.returns, associated, bindings);
  if (conflict !== undefined) return conflict.message;
  const returns = substitute(wanted.returns, bindings, open);
  if (!inner(returns, found.returns)) {
    return `method '${wanted.name}' returns '${printType(found.returns)}', expected '${printType(returns)}'`;
  }
  return undefined;
}

// ---- Detail ----------------------------------------------------------------------------------------------------------

/** What is wrong with a shape, field by field: `missing field 'age' (int); field 'name' has type int, expected string`. */
export function shapeMismatchDetail(types: TypeTable, expected: Type, actual: Type): string | undefined {
  const wanted = resolveAlias(types, expected);
  const found = resolveAlias(types, actual);
  if (wanted.kind !== "Shape" || found.kind !== "Shape") return undefined;
  const details = wanted.fields.flatMap((field) => {
    const there = findField(found, field.name);
    if (there === undefined) return field.optional ? [] : [`missing field '${field.name}' (${printType(field.type)})`];
    if (there.optional && !field.optional) return [`field '${field.name}' may be missing`];
    if (isAssignable(types, field.type, there.type)) return [];
    return [`field '${field.name}' has type ${printType(there.type)}, expected ${printType(field.type)}`];
  });
  return details.length === 0 ? undefined : details.join("; ");
}

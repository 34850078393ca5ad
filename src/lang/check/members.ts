/** Members: method calls, properties, subscripts and slices. */

import type { NodeOf } from "../syntax/ast.ts";
import { resolveAlias } from "./aliases.ts";
import { builtinMethodResult, builtinPropertyType, isDictMethod } from "./builtin-methods.ts";
import { callFnType, callSignature } from "./calls.ts";
import { type Checker, report } from "./checker.ts";
import { constructVariant } from "./constructors.ts";
import { type EnumDeclaration, findTypeOfKind, type InterfaceDeclaration } from "./declarations.ts";
import { type Argument, inferArguments } from "./elements.ts";
import { bindAll, substitute } from "./generics.ts";
import { checkMember } from "./known-members.ts";
import { lookup } from "./scope.ts";
import { methodsOf, structShape } from "./subtype.ts";
import { findField, INT, type NamedType, type ShapeType, STRING, type Type, UNTYPED } from "./types.ts";
import { includesNil, membersOf, unionOf, withNil, withoutNil } from "./unions.ts";

/** The enum that `name` means as a value, unless a variable hides it. */
function enumValue(checker: Checker, object: NodeOf<"MethodCall">["object"]): EnumDeclaration | undefined {
  if (object.kind !== "Identifier" || lookup(checker.scope, object.name) !== undefined) return undefined;
  return findTypeOfKind(checker.types, object.name, "Enum");
}

// ---- Methods ---------------------------------------------------------------------------------------------------------

export function inferMethodCall(checker: Checker, call: NodeOf<"MethodCall">): Type {
  const declared = enumValue(checker, call.object);
  if (declared !== undefined) {
    return constructVariant(checker, declared, call.method, inferArguments(checker, call.args), call.span);
  }
  const receiver = resolveAlias(checker.types, checker.walk.expression(checker, call.object));
  const args = inferArguments(checker, call.args);
  if (!call.optional) checkMember(checker, receiver, call.method, "method");
  if (!call.optional) return callMethod(checker, receiver, call, args);
  const result = callMethod(checker, withoutNil(receiver), call, args);
  return includesNil(receiver) ? withNil(result) : result;
}

function callMethod(checker: Checker, receiver: Type, call: NodeOf<"MethodCall">, args: readonly Argument[]): Type {
  const method = call.method.name;
  switch (receiver.kind) {
    case "Named":
      return callNamedMethod(checker, receiver, call, args) ?? builtinMethodResult(receiver, method) ?? UNTYPED;
    case "Shape": {
      if (isDictMethod(method))
        return builtinMethodResult({ kind: "Named", name: "dict", args: [] }, method) ?? UNTYPED;
      const field = findField(receiver, method);
      const type = field === undefined ? UNTYPED : resolveAlias(checker.types, field.type);
      return type.kind === "Fn" ? callFnType(checker, type, args) : UNTYPED;
    }
    case "Literal":
      return typeof receiver.value === "string"
        ? (builtinMethodResult({ kind: "Named", name: "string", args: [] }, method) ?? UNTYPED)
        : UNTYPED;
    case "Param":
      return callBoundMethod(checker, receiver.name, call);
    case "Untyped":
    case "Any":
    case "Unknown":
    case "Never":
    case "Union":
    case "Fn":
      return UNTYPED;
  }
}

/** A method from an `impl` block, or promised by an interface. */
function callNamedMethod(
  checker: Checker,
  receiver: NamedType,
  call: NodeOf<"MethodCall">,
  args: readonly Argument[],
): Type | undefined {
  const method = methodsOf(checker.types, receiver.name)?.find((candidate) => candidate.name === call.method.name);
  if (method === undefined) return undefined;
  const what = `Method '${receiver.name}.${method.name}'`;
  const result = callSignature(checker, what, method, { typeArgs: [], span: call.span }, args);
  const wanted = findTypeOfKind(checker.types, receiver.name, "Interface");
  if (wanted === undefined) return result;
  const params = wanted.params.map((param) => param.name);
  return substitute(result, bindAll(params, receiver.args), openNames(wanted));
}

/**
 * Inside a generic function, a bounded type parameter has the methods of its bound. Arguments are not held against them:
 * whether a type keeps its bound's promises is told where the function is called.
 */
function callBoundMethod(checker: Checker, param: string, call: NodeOf<"MethodCall">): Type {
  const bound = checker.bounds.get(param);
  const wanted = bound === undefined ? undefined : findTypeOfKind(checker.types, bound, "Interface");
  if (wanted === undefined) return UNTYPED;
  const method = wanted.methods.find((candidate) => candidate.name === call.method.name);
  if (method !== undefined) return substitute(method.returns, new Map(), openNames(wanted));
  report(
    checker,
    "unknownInterfaceMethod",
    call.method.span,
    `Method '${call.method.name}' not found in interface '${wanted.name}' (constraint on '${param}')`,
    { hint: `Declare \`${call.method.name}\` in the interface, or bound \`${param}\` by one that has it` },
  );
  return UNTYPED;
}

/** The names in an interface's signatures that each implementation fills in. */
function openNames(wanted: InterfaceDeclaration): ReadonlySet<string> {
  return new Set([...wanted.params, ...wanted.associatedTypes].map((type) => type.name));
}

// ---- Properties ------------------------------------------------------------------------------------------------------

export function inferProperty(checker: Checker, access: NodeOf<"Property">): Type {
  const declared = enumValue(checker, access.object);
  if (declared !== undefined) return constructBareVariant(checker, declared, access);
  const receiver = resolveAlias(checker.types, checker.walk.expression(checker, access.object));
  if (!access.optional) checkMember(checker, receiver, access.property, "property");
  if (!access.optional) return propertyOf(checker, receiver, access.property.name);
  const type = propertyOf(checker, withoutNil(receiver), access.property.name);
  return includesNil(receiver) ? withNil(type) : type;
}

function constructBareVariant(checker: Checker, declared: EnumDeclaration, access: NodeOf<"Property">): Type {
  const variant = declared.variants.find((candidate) => candidate.name === access.property.name);
  // A variant with a payload named without one: the constructor itself, to be called later.
  if (variant !== undefined && variant.fields.length > 0) return UNTYPED;
  return constructVariant(checker, declared, access.property, [], access.span);
}

function propertyOf(checker: Checker, receiver: Type, property: string): Type {
  switch (receiver.kind) {
    case "Shape":
      return fieldOf(receiver, property);
    case "Named": {
      if (property === "variant" && findTypeOfKind(checker.types, receiver.name, "Enum") !== undefined) return STRING;
      const shape = structShape(checker.types, receiver);
      return shape === undefined ? (builtinPropertyType(receiver, property) ?? UNTYPED) : fieldOf(shape, property);
    }
    case "Union":
      return commonField(receiver.members, property);
    case "Untyped":
    case "Any":
    case "Unknown":
    case "Never":
    case "Param":
    case "Literal":
    case "Fn":
      return UNTYPED;
  }
}

/** An optional field is read as if it were there; `.has` and `??` are for those who want to be sure. */
function fieldOf(shape: ShapeType, name: string): Type {
  return findField(shape, name)?.type ?? UNTYPED;
}

/** What every member of a shape union has under `name`; untyped when one lacks it. */
function commonField(members: readonly Type[], name: string): Type {
  const types: Type[] = [];
  for (const member of members) {
    const field = member.kind === "Shape" ? findField(member, name) : undefined;
    if (field === undefined) return UNTYPED;
    types.push(field.type);
  }
  return unionOf(types);
}

// ---- Subscripts ------------------------------------------------------------------------------------------------------

export function inferIndex(checker: Checker, access: NodeOf<"Index">): Type {
  const receiver = resolveAlias(checker.types, checker.walk.expression(checker, access.object));
  checker.walk.expression(checker, access.index);
  const key = access.index.kind === "StringLiteral" ? access.index.value : undefined;
  if (!access.optional) return elementOf(receiver, key);
  const type = elementOf(withoutNil(receiver), key);
  return includesNil(receiver) ? withNil(type) : type;
}

function elementOf(receiver: Type, key: string | undefined): Type {
  if (receiver.kind === "Shape") return key === undefined ? UNTYPED : fieldOf(receiver, key);
  if (receiver.kind === "Union") return key === undefined ? UNTYPED : commonField(membersOf(receiver), key);
  if (receiver.kind !== "Named") return UNTYPED;
  if (receiver.name === "list") return receiver.args[0] ?? UNTYPED;
  if (receiver.name === "dict") return receiver.args[1] ?? UNTYPED;
  return receiver.name === "string" ? STRING : UNTYPED;
}

export function inferSlice(checker: Checker, access: NodeOf<"Slice">): Type {
  const receiver = checker.walk.expression(checker, access.object);
  if (access.from !== undefined) checker.walk.expression(checker, access.from);
  if (access.to !== undefined) checker.walk.expression(checker, access.to);
  const resolved = resolveAlias(checker.types, receiver);
  if (resolved.kind === "Literal") return typeof resolved.value === "string" ? STRING : UNTYPED;
  return resolved.kind === "Named" && (resolved.name === "list" || resolved.name === "string") ? receiver : UNTYPED;
}

/** What iterating a value yields: a list's elements, a range's ints, a dict's `{key, value}` pairs. */
export function iteratedType(checker: Checker, type: Type): Type {
  const resolved = resolveAlias(checker.types, type);
  if (resolved.kind === "Shape") return iteratedEntries(UNTYPED);
  if (resolved.kind !== "Named") return UNTYPED;
  switch (resolved.name) {
    case "list":
    case "set":
    case "iter":
    case "Generator":
    case "Stream":
      return resolved.args[0] ?? UNTYPED;
    case "range":
      return INT;
    case "dict":
      return iteratedEntries(resolved.args[1] ?? UNTYPED);
    default:
      return UNTYPED;
  }
}

function iteratedEntries(value: Type): Type {
  return {
    kind: "Shape",
    fields: [
      { name: "key", type: STRING, optional: false },
      { name: "value", type: value, optional: false },
    ],
  };
}

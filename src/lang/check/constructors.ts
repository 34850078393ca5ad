/** Building values of declared types: struct fields and enum payloads. */

import { closestName } from "../diagnostics/suggest.ts";
import type { Ident, NodeOf, Span } from "../syntax/ast.ts";
import { type Checker, labelAt, report } from "./checker.ts";
import {
  bareType,
  type EnumDeclaration,
  findTypeOfKind,
  isForeignName,
  type StructDeclaration,
  structNames,
} from "./declarations.ts";
import { type Argument, type EntryValue, inferEntries } from "./elements.ts";
import { bindTypes, substitute, type TypeBindings } from "./generics.ts";
import { isAssignable } from "./subtype.ts";
import { named, printType, type Type, UNTYPED } from "./types.ts";

/** `Name { field: value }`. */
export function inferStructLiteral(checker: Checker, literal: NodeOf<"StructLiteral">): Type {
  const { name, span } = literal.name;
  const entries = inferEntries(checker, literal.entries);
  const struct = findTypeOfKind(checker.types, name, "Struct");
  if (struct !== undefined) return constructStruct(checker, struct, entries, literal.span);
  const mayExist =
    !checker.calls.importsResolved || checker.calls.boundSomewhere.has(name) || isForeignName(checker.types, name);
  if (mayExist) return UNTYPED;
  const suggestion = closestName(name, structNames(checker.types));
  if (suggestion === undefined) {
    report(checker, "unknownStruct", span, `unknown struct type \`${name}\``, {
      hint: `Declare \`struct ${name} { … }\` before constructing it`,
    });
  } else {
    report(checker, "unknownStruct", span, `unknown struct type \`${name}\` — did you mean \`${suggestion}\`?`, {
      hint: `Did you mean \`${suggestion}\`?`,
    });
  }
  return UNTYPED;
}

/** Checks the fields given to a struct and says which instance of it they make. */
export function constructStruct(
  checker: Checker,
  struct: StructDeclaration,
  entries: readonly EntryValue[],
  span: Span,
): Type {
  const names = new Set(struct.params.map((param) => param.name));
  const bindings: TypeBindings = new Map();
  for (const entry of entries) {
    const field = struct.fields.find((candidate) => candidate.name === entry.name);
    if (field !== undefined) bindTypes(field.type, entry.type, names, bindings);
    if (field !== undefined || entry.name === undefined) continue;
    const suggestion = closestName(
      entry.name,
      struct.fields.map((candidate) => candidate.name),
    );
    report(checker, "unknownField", entry.keySpan, `Unknown field '${entry.name}' in struct '${struct.name}'`, {
      ...(suggestion === undefined ? {} : { hint: `Did you mean \`${suggestion}\`?` }),
    });
  }
  const isComplete = entries.every((entry) => entry.name !== undefined);
  for (const field of struct.fields) {
    const entry = entries.findLast((candidate) => candidate.name === field.name);
    if (entry === undefined) {
      if (field.optional || !isComplete) continue;
      report(checker, "missingField", span, `Missing field '${field.name}' in struct '${struct.name}' construction`, {
        labels: labelAt(field.span, "field declared here"),
      });
      continue;
    }
    const expected = substitute(field.type, bindings, names);
    if (isAssignable(checker.types, expected, entry.type)) continue;
    report(
      checker,
      "structFieldMismatch",
      entry.expr.span,
      `Field '${field.name}' in struct '${struct.name}' expects ${printType(expected)}, got ${printType(entry.type)}`,
      { labels: labelAt(field.span, "field declared here") },
    );
  }
  return instance(struct, bindings);
}

/** `Enum.Variant(values)`, and `Enum.Variant` without values. */
export function constructVariant(
  checker: Checker,
  declared: EnumDeclaration,
  variantName: Ident,
  args: readonly Argument[],
  span: Span,
): Type {
  const names = new Set(declared.params.map((param) => param.name));
  const bindings: TypeBindings = new Map();
  const variant = declared.variants.find((candidate) => candidate.name === variantName.name);
  if (variant === undefined) {
    reportUnknownVariant(checker, declared, variantName);
    return bareType(declared);
  }
  const what = `${declared.name}.${variant.name}`;
  const hasSpread = args.some((arg) => arg.expr.kind === "Spread");
  if (!hasSpread && args.length !== variant.fields.length) {
    const message = `${what} expects ${variant.fields.length} argument(s), got ${args.length}`;
    report(checker, "variantArgumentCount", span, message);
  }
  for (const [index, { expr, type }] of args.entries()) {
    const field = variant.fields[index];
    if (field === undefined || expr.kind === "Spread") break;
    const conflict = bindTypes(field.type, type, names, bindings);
    const expected = substitute(field.type, bindings, names);
    if (conflict !== undefined) {
      report(checker, "bindingConflict", expr.span, conflict.message);
    } else if (!isAssignable(checker.types, expected, type)) {
      const message = `${what} expects ${field.name}: ${printType(expected)}, got ${printType(type)}`;
      report(checker, "enumPayloadMismatch", expr.span, message);
    }
  }
  return instance(declared, bindings);
}

function instance(declared: StructDeclaration | EnumDeclaration, bindings: TypeBindings): Type {
  return named(declared.name, ...declared.params.map((param) => bindings.get(param.name) ?? UNTYPED));
}

export function reportUnknownVariant(checker: Checker, declared: EnumDeclaration, name: Ident): void {
  const names = declared.variants.map((variant) => variant.name);
  const suggestion = closestName(name.name, names);
  report(checker, "unknownVariant", name.span, `Unknown variant '${name.name}' in enum '${declared.name}'`, {
    hint: suggestion === undefined ? `Use one of ${names.join(", ")}` : `Did you mean \`${suggestion}\`?`,
  });
}

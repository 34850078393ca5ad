/** Names nothing stands behind: calls of them are errors, reading them is a warning, since a host may know more names. */

import { closestName } from "../diagnostics/suggest.ts";
import type { Ident, Span } from "../syntax/ast.ts";
import { type Checker, report } from "./checker.ts";
import { findType, isTypeName, typeNames } from "./declarations.ts";
import { FOREIGN_FUNCTIONS, FOREIGN_TYPES, FOREIGN_VALUES } from "./foreign-names.ts";
import { functionNames, type Scope } from "./scope.ts";
import type { Type } from "./types.ts";

const CONSTRUCTORS: ReadonlySet<string> = new Set(["Ok", "Err", "Some", "None"]);

/** Values that the run time brings along. */
const GLOBALS: ReadonlySet<string> = new Set([
  "_",
  "argv",
  "e",
  "event_log",
  "mcp",
  "pi",
  "prompt",
  "skills",
  "stream",
  "workflow",
]);

/** With more diagnostics than this the rest gets no suggestion: each is looked for among thousands of names. */
const MAX_SUGGESTIONS = 200;

/** Whether `name` may stand for something other than a variable in scope. */
function mayBeDefined(checker: Checker, name: string): boolean {
  const { calls, builtins } = checker;
  return (
    !calls.importsResolved ||
    builtins.find(name) !== undefined ||
    calls.imported.has(name) ||
    calls.boundSomewhere.has(name) ||
    findType(checker.types, name) !== undefined ||
    checker.typeParams.has(name) ||
    // Internal names and those a host library registers at run time have no signature to find.
    name.startsWith("__") ||
    name.startsWith("hostlib_")
  );
}

/** The callee of a call, which is no variable in scope. */
export function checkCallTarget(checker: Checker, callee: Ident): void {
  const { name, span } = callee;
  if (mayBeDefined(checker, name) || CONSTRUCTORS.has(name)) return;
  const message = `call target \`${name}\` is not defined or imported`;
  const foreign = FOREIGN_FUNCTIONS[name];
  if (foreign !== undefined) return report(checker, "undefinedCall", span, message, { hint: foreign });
  const candidates = [...checker.builtins.names, ...functionNames(checker.scope), ...checker.calls.imported];
  const suggestion = suggest(checker, name, candidates);
  if (suggestion === undefined) {
    report(checker, "undefinedCall", span, message, { hint: "Define it, or import it from its module" });
  } else {
    report(checker, "undefinedCall", span, `${message} — did you mean \`${suggestion}\`?`, {
      hint: `Did you mean \`${suggestion}\`?`,
    });
  }
}

/** A name that is read, or assigned to, and is no variable in scope. */
export function checkVariableName(checker: Checker, name: string, span: Span, use: "read" | "assigned"): void {
  if (checker.calls.inheritsUnseen || GLOBALS.has(name) || mayBeDefined(checker, name)) return;
  if (checker.undefinedTold.has(name)) return;
  checker.undefinedTold.add(name);
  const foreign = FOREIGN_VALUES[name];
  const suggestion = foreign === undefined ? suggest(checker, name, variableNames(checker.scope)) : undefined;
  const hint =
    foreign ??
    (suggestion === undefined
      ? use === "assigned"
        ? `Declare it with \`var ${name} = …\``
        : "Define it, or import it from its module"
      : `Did you mean \`${suggestion}\`?`);
  report(checker, "undefinedVariable", span, `Undefined variable: ${name}`, { hint });
}

function suggest(checker: Checker, name: string, candidates: readonly string[]): string | undefined {
  return checker.diagnostics.length < MAX_SUGGESTIONS ? closestName(name, candidates) : undefined;
}

function variableNames(scope: Scope): readonly string[] {
  const names: string[] = [];
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    names.push(...level.variables.keys());
  }
  return names;
}

// ---- Types -----------------------------------------------------------------------------------------------------------

/** Why nothing fits `expected`: no type has that name. For mismatches that have been found already. */
export function unknownTypeHint(checker: Checker, expected: Type): { readonly hint?: string } {
  const hint = findUnknownType(checker, expected);
  return hint === undefined ? {} : { hint };
}

function findUnknownType(checker: Checker, expected: Type): string | undefined {
  if (expected.kind === "Union") return firstHint(checker, expected.members);
  if (expected.kind !== "Named") return undefined;
  const { name, args } = expected;
  if (isTypeName(checker.types, name)) return firstHint(checker, args);
  const foreign = FOREIGN_TYPES[name];
  if (foreign !== undefined) return `Write \`${foreign}\`; there is no type \`${name}\``;
  const closest = closestName(name, typeNames(checker.types));
  return closest === undefined
    ? `Declare the type \`${name}\`, or import it from its module`
    : `Did you mean \`${closest}\`? There is no type \`${name}\``;
}

function firstHint(checker: Checker, types: readonly Type[]): string | undefined {
  for (const type of types) {
    const hint = findUnknownType(checker, type);
    if (hint !== undefined) return hint;
  }
  return undefined;
}

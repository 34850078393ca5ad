/** Statements and blocks: what they declare, assign and return, and what is known behind them. */

import type { Block, Item, NodeOf, Pattern, Span, Stmt } from "../syntax/ast.ts";
import { peelAttributes } from "../syntax/ast.ts";
import { resolveAlias } from "./aliases.ts";
import { type Checker, labelAt, report, variablesNamed, within } from "./checker.ts";
import { checkVariableName, unknownTypeHint } from "./defined-names.ts";
import { assignedNames, containsYield, definitelyExits, rootName } from "./exits.ts";
import { declareTypes, lowerFunction, lowerType } from "./lower-types.ts";
import { iteratedType } from "./members.ts";
import { narrow } from "./narrowing.ts";
import { applyOperator } from "./operators.ts";
import { schemaType } from "./schema-types.ts";
import {
  bind,
  childScope,
  currentType,
  factAbout,
  forget,
  forgetMutable,
  forgetReassigned,
  joinFlows,
  kill,
  lookup,
  narrowTo,
  type Variable,
  widenTo,
} from "./scope.ts";
import { isAssignable, shapeMismatchDetail } from "./subtype.ts";
import { CLOSURE, DICT, findField, isNamed, LIST, NEVER, NIL, printType, settle, type Type, UNTYPED } from "./types.ts";
import { unionOf, withNil, withoutNil } from "./unions.ts";
import { checkUnknownExhausted } from "./unknown-coverage.ts";

/** Checks `block` in a scope of its own; its value is that of its last item, `never` when it cannot be reached. */
export function checkBlock(checker: Checker, block: Block): Type {
  const types = declareTypes(block.items, checker.types, checker.typeParams);
  return within(checker, { scope: childScope(checker.scope), types }, () => {
    declareFunctions(checker, block.items);
    return checkItems(checker, block.items);
  });
}

/** Makes the functions of a statement list callable from all of it, as they are at run time. */
export function declareFunctions(checker: Checker, items: readonly Item[]): void {
  for (const item of items) {
    const { item: decl, attributes } = peelAttributes(item);
    if (decl.kind !== "FnDecl" && decl.kind !== "ToolDecl") continue;
    const signature = lowerFunction(decl, checker.typeParams, attributes, containsYield(decl.body));
    const type: Type = signature.hasRest
      ? CLOSURE
      : {
          kind: "Fn",
          params: signature.params.map((param) => param.type),
          required: signature.required,
          returns: signature.returns,
        };
    const { name, span } = decl.name;
    bind(checker.scope, { name, type, mutable: false, widensFromNil: false, signature, span });
  }
}

export function checkItems(checker: Checker, items: readonly Item[]): Type {
  let type: Type = UNTYPED;
  let left = false;
  for (const item of items) {
    if (left) {
      report(checker, "unreachableCode", item.span, "unreachable code", { hint: "Remove it, or the exit before it" });
      break;
    }
    type = checker.walk.item(checker, item);
    left = definitelyExits(item);
  }
  return checker.flow.dead ? NEVER : type;
}

export function checkStatement(checker: Checker, stmt: Stmt): Type {
  switch (stmt.kind) {
    case "LetStmt":
      checkLet(checker, stmt);
      return UNTYPED;
    case "AssignStmt":
      checkAssign(checker, stmt);
      return UNTYPED;
    case "ForStmt":
      checkFor(checker, stmt);
      return UNTYPED;
    case "WhileStmt":
      checkWhile(checker, stmt);
      return UNTYPED;
    case "ReturnStmt":
      checkReturn(checker, stmt);
      return leave(checker);
    case "ThrowStmt":
      checker.walk.expression(checker, stmt.value);
      checkUnknownExhausted(checker, stmt.span, "throw");
      return leave(checker);
    case "BreakStmt":
    case "ContinueStmt":
      return leave(checker);
    case "GuardStmt": {
      checker.walk.expression(checker, stmt.condition);
      const branches = narrow(checker, stmt.condition, checker.flow);
      checker.flow = branches.whenFalse;
      checker.walk.block(checker, stmt.elseBody);
      checker.flow = branches.whenTrue;
      return UNTYPED;
    }
    case "RequireStmt":
      checker.walk.expression(checker, stmt.condition);
      if (stmt.message !== undefined) checker.walk.expression(checker, stmt.message);
      checker.flow = narrow(checker, stmt.condition, checker.flow).whenTrue;
      return UNTYPED;
    case "DeferStmt": {
      const { flow } = checker;
      checker.flow = forgetMutable(flow);
      checker.walk.block(checker, stmt.body);
      checker.flow = flow;
      return UNTYPED;
    }
  }
}

function leave(checker: Checker): Type {
  checker.flow = kill(checker.flow);
  return NEVER;
}

// ---- Bindings --------------------------------------------------------------------------------------------------------

function checkLet(checker: Checker, stmt: NodeOf<"LetStmt">): void {
  const given = checker.walk.expression(checker, stmt.value);
  const { pattern, mutable } = stmt;
  if (pattern.kind !== "NamePattern") {
    bindPattern(checker, pattern, given, mutable);
    return;
  }
  const declared = stmt.type === undefined ? undefined : lowerType(stmt.type, checker.typeParams);
  if (declared !== undefined) checkDeclared(checker, pattern.name, declared, given, stmt.value.span, stmt.type?.span);
  const schema = mutable ? undefined : schemaType(checker, stmt.value);
  bind(checker.scope, {
    name: pattern.name,
    type: declared ?? settle(given),
    mutable,
    widensFromNil: mutable && declared === undefined && isNamed(given, "nil"),
    span: stmt.type?.span ?? pattern.span,
    ...(schema === undefined ? {} : { schema }),
  });
}

function checkDeclared(
  checker: Checker,
  name: string,
  declared: Type,
  given: Type,
  span: Span,
  declaredAt: Span | undefined,
): void {
  if (isAssignable(checker.types, declared, given)) return;
  const detail = shapeMismatchDetail(checker.types, declared, given);
  report(
    checker,
    "declaredMismatch",
    span,
    `'${name}' declared as ${printType(declared)}, but assigned ${printType(given)}${detail === undefined ? "" : ` (${detail})`}`,
    { labels: labelAt(declaredAt, "expected because of this annotation"), ...unknownTypeHint(checker, declared) },
  );
}

/** Binds what a pattern names. `value` is the type of what is taken apart. */
function bindPattern(checker: Checker, pattern: Pattern, value: Type, mutable: boolean): void {
  const define = (name: string, type: Type, span: Span): void =>
    bind(checker.scope, { name, type: settle(type), mutable, widensFromNil: false, span });
  switch (pattern.kind) {
    case "NamePattern":
      define(pattern.name, value, pattern.span);
      return;
    case "DictPattern": {
      const resolved = resolveAlias(checker.types, value);
      for (const field of pattern.fields) {
        const fallback =
          field.defaultValue === undefined ? undefined : checker.walk.expression(checker, field.defaultValue);
        const known = resolved.kind === "Shape" ? findField(resolved, field.key) : undefined;
        const type = field.rest ? DICT : known === undefined ? UNTYPED : withDefault(known.type, fallback);
        define(field.alias ?? field.key, known?.optional === true ? UNTYPED : type, field.span);
      }
      return;
    }
    case "ListPattern":
      for (const element of pattern.elements) {
        if (element.defaultValue !== undefined) checker.walk.expression(checker, element.defaultValue);
        define(element.name, element.rest ? LIST : UNTYPED, element.span);
      }
      return;
    case "PairPattern": {
      const resolved = resolveAlias(checker.types, value);
      const [first, second] = resolved.kind === "Named" && resolved.name === "Pair" ? resolved.args : [];
      define(pattern.first.name, first ?? UNTYPED, pattern.first.span);
      define(pattern.second.name, second ?? UNTYPED, pattern.second.span);
    }
  }
}

/** A default replaces nil. */
function withDefault(type: Type, fallback: Type | undefined): Type {
  return fallback === undefined ? type : unionOf([withoutNil(type), fallback]);
}

// ---- Assignment ------------------------------------------------------------------------------------------------------

function checkAssign(checker: Checker, stmt: NodeOf<"AssignStmt">): void {
  const given = checker.walk.expression(checker, stmt.value);
  const { target } = stmt;
  if (target.kind === "Identifier") {
    const variable = lookup(checker.scope, target.name);
    if (variable === undefined) return checkVariableName(checker, target.name, target.span, "assigned");
    const current = currentType(checker.flow, variable);
    const assigned = stmt.op === undefined ? given : compound(checker, stmt, stmt.op, current, given);
    if (!variable.mutable) reportImmutable(checker, variable, target.span);
    assignVariable(checker, variable, assigned, stmt.value.span);
    checker.assignments++;
    return;
  }
  const held = checker.walk.expression(checker, target);
  const assigned = stmt.op === undefined ? given : compound(checker, stmt, stmt.op, held, given);
  assignInside(checker, stmt, assigned);
}

function compound(
  checker: Checker,
  stmt: NodeOf<"AssignStmt">,
  op: NonNullable<NodeOf<"AssignStmt">["op"]>,
  left: Type,
  right: Type,
): Type {
  const { type, problem } = applyOperator(checker.types, op, left, right);
  if (problem !== undefined) report(checker, problem.rule, stmt.span, problem.message);
  return type;
}

function reportImmutable(checker: Checker, variable: Variable, span: Span): void {
  report(
    checker,
    "immutableAssignment",
    span,
    `Cannot assign to '${variable.name}': variable is immutable (declared with 'let')`,
    { labels: labelAt(variable.span, "bound here"), hint: `Declare it with \`var\`, or bind a new name` },
  );
}

function assignVariable(checker: Checker, variable: Variable, assigned: Type, span: Span): void {
  const slot = factAbout(checker.flow, variable)?.slot;
  if (variable.widensFromNil && slot === undefined) {
    checker.flow = widenFromNil(checker, variable, assigned);
    return;
  }
  const expected = slot ?? variable.type;
  if (!isAssignable(checker.types, expected, assigned)) {
    report(
      checker,
      "assignmentMismatch",
      span,
      `can't assign ${printType(assigned)} to '${variable.name}' (declared as ${printType(expected)})`,
      { labels: labelAt(variable.span, `\`${variable.name}\` got its type here`) },
    );
  }
  checker.flow = forget(checker.flow, variable);
}

/** `var x = nil` takes the type of what is first assigned, beside nil. */
function widenFromNil(checker: Checker, variable: Variable, assigned: Type): Checker["flow"] {
  if (isNamed(assigned, "nil")) return narrowTo(checker.flow, variable, NIL);
  if (assigned.kind === "Untyped") return widenTo(checker.flow, variable, UNTYPED);
  return widenTo(checker.flow, variable, withNil(settle(assigned)));
}

/** `d.key = v`, `xs[i] = v`: a dict whose inferred shape no longer holds is just a dict from here on. */
function assignInside(checker: Checker, stmt: NodeOf<"AssignStmt">, assigned: Type): void {
  const name = rootName(stmt.target);
  const variable = name === undefined ? undefined : lookup(checker.scope, name);
  if (variable === undefined) return;
  if (!variable.mutable) reportImmutable(checker, variable, stmt.target.span);
  const { target } = stmt;
  if (target.kind !== "Property" || target.object.kind !== "Identifier") return;
  const type = resolveAlias(checker.types, currentType(checker.flow, variable));
  if (type.kind !== "Shape") return;
  const field = findField(type, target.property.name);
  if (field !== undefined && isAssignable(checker.types, field.type, assigned)) return;
  checker.flow = narrowTo(checker.flow, variable, DICT);
  checker.assignments++;
}

// ---- Loops and exits -------------------------------------------------------------------------------------------------

function checkFor(checker: Checker, stmt: NodeOf<"ForStmt">): void {
  const iterable = checker.walk.expression(checker, stmt.iterable);
  const element = iteratedType(checker, iterable);
  const entry = enterLoop(checker, stmt.body);
  within(checker, { scope: childScope(checker.scope) }, () => {
    bindPattern(checker, stmt.pattern, element, false);
    checker.walk.block(checker, stmt.body);
  });
  checker.flow = joinFlows(entry, checker.flow);
}

function checkWhile(checker: Checker, stmt: NodeOf<"WhileStmt">): void {
  const entry = enterLoop(checker, stmt.body);
  checker.walk.expression(checker, stmt.condition);
  checker.flow = narrow(checker, stmt.condition, checker.flow).whenTrue;
  checker.walk.block(checker, stmt.body);
  checker.flow = joinFlows(entry, checker.flow);
}

/** What holds at the head of a loop each time round, and therefore also behind it. */
function enterLoop(checker: Checker, body: Block): Checker["flow"] {
  const assigned = variablesNamed(checker.scope, assignedNames(body.items));
  checker.flow = forgetReassigned(checker.flow, assigned);
  return checker.flow;
}

function checkReturn(checker: Checker, stmt: NodeOf<"ReturnStmt">): void {
  const { frame } = checker;
  if (stmt.value === undefined) {
    frame.returned.push(NIL);
    return;
  }
  const given = checker.walk.expression(checker, stmt.value);
  frame.returned.push(given);
  const { returns } = frame;
  if (returns === undefined || isAssignable(checker.types, returns.type, given)) return;
  const detail = shapeMismatchDetail(checker.types, returns.type, given);
  report(
    checker,
    "returnMismatch",
    stmt.value.span,
    `return type doesn't match: expected ${printType(returns.type)}, got ${printType(given)}${detail === undefined ? "" : ` (${detail})`}`,
    {
      labels: labelAt(returns.span, "expected because of this return type"),
      ...unknownTypeHint(checker, returns.type),
    },
  );
}

/** A parameter default that cannot be the parameter's type; nil says "not given" whatever the type. */
export function checkDefault(checker: Checker, name: string, declared: Type, given: Type, span: Span): void {
  if (!isNamed(given, "nil")) checkDeclared(checker, name, declared, given, span, undefined);
}

/**
 * The type of every expression, checking it on the way. Chains of operators and `else if` are walked in loops, so the
 * JavaScript stack grows with nesting only; beyond `MAX_DEPTH` the checker says nothing.
 */

import type { Expr, NodeOf } from "../syntax/ast.ts";
import { resolveAlias } from "./aliases.ts";
import { inferCall } from "./calls.ts";
import { inferMatch } from "./check-matches.ts";
import { bindValue, type Checker, labelAt, report, variablesNamed, within } from "./checker.ts";
import { inferStructLiteral } from "./constructors.ts";
import { checkVariableName } from "./defined-names.ts";
import { dictLiteralType, inferArguments, inferEntries } from "./elements.ts";
import { assignedNames } from "./exits.ts";
import { lowerAnnotation } from "./lower-types.ts";
import { inferIndex, inferMethodCall, inferProperty, inferSlice, iteratedType } from "./members.ts";
import { type Branches, narrow, narrowFurther } from "./narrowing.ts";
import { applyOperator } from "./operators.ts";
import {
  childScope,
  currentType,
  type Flow,
  forgetReassigned,
  joinBranches,
  joinFlows,
  kill,
  lookup,
} from "./scope.ts";
import { isAssignable } from "./subtype.ts";
import {
  BOOL,
  CLOSURE,
  FLOAT,
  INT,
  isNamed,
  LIST,
  NIL,
  named,
  printType,
  RANGE,
  STRING,
  settle,
  type Type,
  UNTYPED,
} from "./types.ts";
import { isOpenUnion, unionOf } from "./unions.ts";

export function inferExpression(checker: Checker, expr: Expr): Type {
  switch (expr.kind) {
    case "IntLiteral":
      return INT;
    case "FloatLiteral":
      return FLOAT;
    case "BoolLiteral":
      return BOOL;
    case "NilLiteral":
      return NIL;
    case "StringLiteral":
      return STRING;
    case "DurationLiteral":
    case "ErrorNode":
      return UNTYPED;
    case "InterpolatedString":
      for (const part of expr.parts) if (part.kind === "Interpolation") checker.walk.expression(checker, part.expr);
      return STRING;
    case "Identifier": {
      const variable = lookup(checker.scope, expr.name);
      if (variable !== undefined) return currentType(checker.flow, variable);
      checkVariableName(checker, expr.name, expr.span, "read");
      return UNTYPED;
    }
    case "ListLiteral":
      return inferList(checker, expr);
    case "DictLiteral":
      return dictLiteralType(inferEntries(checker, expr.entries));
    case "Closure":
      return inferClosure(checker, expr);
    case "Binary":
      return inferBinary(checker, expr);
    case "Unary": {
      const operand = checker.walk.expression(checker, expr.operand);
      return expr.op === "!" ? BOOL : operand.kind === "Literal" ? INT : operand;
    }
    case "Ternary":
      return inferTernary(checker, expr);
    case "Range":
      checker.walk.expression(checker, expr.from);
      checker.walk.expression(checker, expr.to);
      return RANGE;
    case "Call":
      return inferCall(checker, expr);
    case "MethodCall":
      return inferMethodCall(checker, expr);
    case "Property":
      return inferProperty(checker, expr);
    case "Index":
      return inferIndex(checker, expr);
    case "Slice":
      return inferSlice(checker, expr);
    case "StructLiteral":
      return inferStructLiteral(checker, expr);
    case "TryOperator": {
      const operand = resolveAlias(checker.types, checker.walk.expression(checker, expr.operand));
      return isNamed(operand, "Result") && operand.kind === "Named" ? (operand.args[0] ?? UNTYPED) : UNTYPED;
    }
    case "TryStar":
      return inferTryStar(checker, expr);
    case "If":
      return inferIf(checker, expr);
    case "Match":
      return inferMatch(checker, expr);
    case "OrPattern":
      for (const alternative of expr.alternatives) checker.walk.expression(checker, alternative);
      return UNTYPED;
    case "Try":
      return inferTry(checker, expr);
    case "Retry":
      checker.walk.expression(checker, expr.count);
      inferRepeated(checker, expr);
      return UNTYPED;
    case "Deadline":
      checker.walk.expression(checker, expr.duration);
      checker.walk.block(checker, expr.body);
      return UNTYPED;
    case "Mutex":
    case "BlockExpr":
      return checker.walk.block(checker, expr.body);
    case "Spawn":
      inferTask(checker, () => checker.walk.block(checker, expr.body));
      return UNTYPED;
    case "Parallel":
      return inferParallel(checker, expr);
    case "Select":
      return inferSelect(checker, expr);
    case "Yield":
      return inferYield(checker, expr);
    case "Emit":
      return inferEmit(checker, expr);
  }
}

// ---- Literals --------------------------------------------------------------------------------------------------------

/** Elements of several types make a union; one that says nothing makes the whole a bare `list`. */
function inferList(checker: Checker, list: NodeOf<"ListLiteral">): Type {
  const types = inferArguments(checker, list.elements).map(({ expr, type }) =>
    expr.kind === "Spread" ? spreadElement(checker, type) : type,
  );
  const element = unionOf(types);
  if (types.length === 0 || element.kind === "Untyped" || isOpenUnion(element)) return LIST;
  return { kind: "Named", name: "list", args: [element], fresh: true };
}

function spreadElement(checker: Checker, type: Type): Type {
  return isNamed(resolveAlias(checker.types, type), "list") ? iteratedType(checker, type) : UNTYPED;
}

function inferClosure(checker: Checker, closure: NodeOf<"Closure">): Type {
  const params = closure.params.map((param) => ({
    name: param.name,
    type: lowerAnnotation(param.type, checker.typeParams),
    span: param.span,
  }));
  const declared = closure.returnType;
  const returns =
    declared === undefined ? undefined : { type: lowerAnnotation(declared, checker.typeParams), span: declared.span };
  const returned: Type[] = [];
  const frame = { isFunction: true, returned, ...(returns === undefined ? {} : { returns }) };
  const tail = inferTask(checker, () =>
    within(checker, { scope: childScope(checker.scope), frame }, () => {
      for (const [index, param] of closure.params.entries()) {
        if (param.defaultValue !== undefined) checker.walk.expression(checker, param.defaultValue);
        const known = params[index];
        if (known !== undefined) bindValue(checker, known.name, param.rest ? UNTYPED : known.type, known.span);
      }
      return checker.walk.block(checker, closure.body);
    }),
  );
  if (params.length === 0 || closure.params.some((param) => param.type === undefined || param.rest)) return CLOSURE;
  return {
    kind: "Fn",
    params: params.map((param) => param.type),
    required: closure.params.filter((param) => param.defaultValue === undefined).length,
    returns: returns?.type ?? settle(unionOf([...returned, tail])),
  };
}

/** A body that runs on a copy of the variables: nothing it learns or assigns comes back. */
function inferTask<T>(checker: Checker, body: () => T): T {
  const { flow, assignments } = checker;
  checker.flow = { ...flow, dead: false };
  const result = body();
  checker.flow = flow;
  checker.assignments = assignments;
  return result;
}

// ---- Operators -------------------------------------------------------------------------------------------------------

/** Walks the left spine in a loop: `a + b + …` leans as deep as it is long. */
function inferBinary(checker: Checker, expr: NodeOf<"Binary">): Type {
  const spine: NodeOf<"Binary">[] = [];
  let leftmost: Expr = expr;
  while (leftmost.kind === "Binary") {
    spine.push(leftmost);
    leftmost = leftmost.left;
  }
  let type = checker.walk.expression(checker, leftmost);
  let branches: Branches | undefined;
  for (const [index, node] of spine.reverse().entries()) {
    if (!isLogical(node)) {
      type = inferOperation(checker, node, type);
      branches = undefined;
      continue;
    }
    const { flow } = checker;
    branches ??= narrow(checker, node.left, flow);
    inferLogical(checker, node, branches);
    type = BOOL;
    // What a long chain of conditions says is found out once, not anew for each link.
    const next = spine[index + 1];
    const goesOn = next !== undefined && isLogical(next) && checker.flow === flow;
    branches = goesOn ? narrowFurther(checker, node, branches) : undefined;
  }
  return type;
}

function isLogical(node: NodeOf<"Binary">): boolean {
  return node.op === "&&" || node.op === "||";
}

function inferLogical(checker: Checker, node: NodeOf<"Binary">, left: Branches): void {
  const [taken, skipped] = node.op === "&&" ? [left.whenTrue, left.whenFalse] : [left.whenFalse, left.whenTrue];
  evaluateMaybe(checker, taken, skipped, () => checker.walk.expression(checker, node.right));
}

function inferOperation(checker: Checker, node: NodeOf<"Binary">, left: Type): Type {
  if (node.op === "??") {
    const right = evaluateMaybe(checker, checker.flow, checker.flow, () =>
      checker.walk.expression(checker, node.right),
    );
    return applyOperator(checker.types, node.op, left, right).type;
  }
  const right = checker.walk.expression(checker, node.right);
  if (node.op === "|>") return UNTYPED;
  const { type, problem } = applyOperator(checker.types, node.op, left, right);
  if (problem !== undefined) {
    const hint = node.op === "+" ? interpolationHint(checker, node, left, right) : undefined;
    report(checker, problem.rule, node.span, problem.message, hint === undefined ? {} : { hint });
  }
  return type;
}

/** Evaluates something that may not run: afterwards holds what holds either way. */
function evaluateMaybe<T>(checker: Checker, taken: Flow, skipped: Flow, evaluate: () => T): T {
  const { flow: before, assignments } = checker;
  checker.flow = taken;
  const result = evaluate();
  checker.flow = checker.assignments === assignments ? before : joinFlows(checker.flow, skipped);
  return result;
}

/** `"total: " + n` is meant as `"total: ${n}"`. */
function interpolationHint(
  checker: Checker,
  node: NodeOf<"Binary">,
  leftType: Type,
  rightType: Type,
): string | undefined {
  const leftIsText = isNamed(leftType, "string");
  if (leftIsText === isNamed(rightType, "string")) return undefined;
  const [text, value] = leftIsText ? [node.left, node.right] : [node.right, node.left];
  const written = checker.file.text.slice(value.span.start, value.span.end);
  if (text.kind !== "StringLiteral" || text.style !== "plain" || /["{}\n]/.test(written)) {
    return "Use string interpolation, or convert with `to_string`";
  }
  const inner = checker.file.text.slice(text.span.start + 1, text.span.end - 1);
  return `Write \`"${leftIsText ? `${inner}\${${written}}` : `\${${written}}${inner}`}"\``;
}

function inferTernary(checker: Checker, expr: NodeOf<"Ternary">): Type {
  checker.walk.expression(checker, expr.condition);
  const { flow: before, assignments } = checker;
  const branches = narrow(checker, expr.condition, before);
  checker.flow = branches.whenTrue;
  const thenType = checker.walk.expression(checker, expr.thenExpr);
  const thenFlow = checker.flow;
  checker.flow = branches.whenFalse;
  const elseType = checker.walk.expression(checker, expr.elseExpr);
  checker.flow = checker.assignments === assignments ? before : joinFlows(thenFlow, checker.flow);
  return unionOf([thenType, elseType]);
}

function inferTryStar(checker: Checker, expr: NodeOf<"TryStar">): Type {
  if (!checker.frame.isFunction) {
    report(
      checker,
      "tryStarOutsideFunction",
      expr.span,
      "try* requires an enclosing function (fn, tool, or pipeline) so the rethrow has a target",
      { hint: "Move it into a function, or use `try { … } catch`" },
    );
  }
  return checker.walk.expression(checker, expr.operand);
}

// ---- Branches --------------------------------------------------------------------------------------------------------

function inferIf(checker: Checker, first: NodeOf<"If">): Type {
  const { flow: before, assignments } = checker;
  const ends: Flow[] = [];
  const types: Type[] = [];
  let node = first;
  let hasElse = false;
  for (;;) {
    checker.walk.expression(checker, node.condition);
    const branches = narrow(checker, node.condition, checker.flow);
    checker.flow = branches.whenTrue;
    types.push(checker.walk.block(checker, node.thenBody));
    ends.push(checker.flow);
    checker.flow = branches.whenFalse;
    if (node.elseBody === undefined) break;
    const next = node.elseIf ? node.elseBody.items[0] : undefined;
    if (next?.kind === "If") {
      node = next;
      continue;
    }
    types.push(checker.walk.block(checker, node.elseBody));
    hasElse = true;
    break;
  }
  ends.push(checker.flow);
  checker.flow = joinBranches(before, ends, checker.assignments !== assignments);
  const type = unionOf(types);
  // Without an `else` the value may also be nil; the program that uses it anyway knows the condition holds.
  return hasElse || type.kind !== "Never" ? type : NIL;
}

/** Bodies that may run any number of times: what they assign is not known at their start, nor afterwards. */
function inferRepeated(checker: Checker, repeated: NodeOf<"Retry">): void {
  const assigned = variablesNamed(checker.scope, assignedNames(repeated.body.items));
  checker.flow = forgetReassigned(checker.flow, assigned);
  const entry = checker.flow;
  checker.walk.block(checker, repeated.body);
  checker.flow = joinFlows(checker.flow, entry);
}

/**
 * `try { }` alone is a Result of its value; what may be thrown from below is not known. With a handler, the body may
 * stop anywhere, so the handler starts knowing nothing about what the body assigns.
 */
function inferTry(checker: Checker, expr: NodeOf<"Try">): Type {
  const entry = checker.flow;
  const assigned = variablesNamed(checker.scope, assignedNames(expr.body.items));
  const anywhere = forgetReassigned(entry, assigned);
  const bodyType = checker.walk.block(checker, expr.body);
  const ends = [checker.flow];
  let type = bodyType;
  if (expr.catchClause !== undefined) {
    const clause = expr.catchClause;
    checker.flow = anywhere;
    const catchType = within(checker, { scope: childScope(checker.scope) }, () => {
      if (clause.variable !== undefined) {
        const caught = lowerAnnotation(clause.type, checker.typeParams);
        bindValue(checker, clause.variable.name, caught, clause.variable.span);
      }
      return checker.walk.block(checker, clause.body);
    });
    ends.push(checker.flow);
    type = unionOf([bodyType, catchType]);
  } else if (expr.finallyBody === undefined) {
    ends.push(anywhere);
    type = asResult(checker, bodyType);
  }
  const after = ends.reduce(joinFlows);
  if (expr.finallyBody === undefined) {
    checker.flow = after;
    return type;
  }
  const inCatch = variablesNamed(checker.scope, assignedNames(expr.catchClause?.body.items ?? []));
  checker.flow = forgetReassigned(anywhere, inCatch);
  checker.walk.block(checker, expr.finallyBody);
  const leaves = checker.flow.dead;
  const inFinally = variablesNamed(checker.scope, assignedNames(expr.finallyBody.items));
  checker.flow = forgetReassigned(after, inFinally);
  if (leaves) checker.flow = kill(checker.flow);
  return type;
}

/** A body that already gives a Result is not wrapped again. */
function asResult(checker: Checker, body: Type): Type {
  const resolved = resolveAlias(checker.types, body);
  if (resolved.kind === "Named" && resolved.name === "Result") {
    return named("Result", resolved.args[0] ?? UNTYPED, unionOf([resolved.args[1] ?? UNTYPED, UNTYPED]));
  }
  return named("Result", body, UNTYPED);
}

function inferSelect(checker: Checker, expr: NodeOf<"Select">): Type {
  const entry = checker.flow;
  const ends: Flow[] = [];
  for (const option of expr.cases) {
    checker.flow = entry;
    checker.walk.expression(checker, option.channel);
    within(checker, { scope: childScope(checker.scope) }, () => {
      bindValue(checker, option.variable.name, UNTYPED, option.variable.span);
      checker.walk.block(checker, option.body);
    });
    ends.push(checker.flow);
  }
  const others = [expr.timeout?.body, expr.defaultBody];
  if (expr.timeout !== undefined) checker.walk.expression(checker, expr.timeout.duration);
  for (const body of others) {
    if (body === undefined) continue;
    checker.flow = entry;
    checker.walk.block(checker, body);
    ends.push(checker.flow);
  }
  checker.flow = ends.length === 0 ? entry : ends.reduce(joinFlows);
  return UNTYPED;
}

// ---- Tasks and streams -------------------------------------------------------------------------------------------------

function inferParallel(checker: Checker, expr: NodeOf<"Parallel">): Type {
  const subject = checker.walk.expression(checker, expr.subject);
  for (const option of expr.options) {
    const type = checker.walk.expression(checker, option.value);
    if (option.name.name !== "max_concurrent" || isAssignable(checker.types, INT, type)) continue;
    const message = `\`max_concurrent\` on \`parallel\` must be int, got ${printType(type)}`;
    report(checker, "maxConcurrent", option.value.span, message);
  }
  const item = inferTask(checker, () =>
    within(checker, { scope: childScope(checker.scope) }, () => {
      if (expr.variable !== undefined) {
        const type = expr.mode === "count" ? INT : iteratedType(checker, subject);
        bindValue(checker, expr.variable.name, type, expr.variable.span);
      }
      return checker.walk.block(checker, expr.body);
    }),
  );
  if (expr.mode === "settle") return named("dict");
  const result = settle(item);
  if (expr.asStream) return named("Stream", result);
  return result.kind === "Untyped" || result.kind === "Never" ? LIST : named("list", result);
}

function inferYield(checker: Checker, expr: NodeOf<"Yield">): Type {
  if (checker.frame.emits !== undefined) {
    report(checker, "yieldInStream", expr.span, "`yield` is not a stream emit; use `emit` inside `gen fn`", {
      hint: "Replace `yield` by `emit`",
    });
  }
  if (expr.value !== undefined) checker.walk.expression(checker, expr.value);
  return UNTYPED;
}

function inferEmit(checker: Checker, expr: NodeOf<"Emit">): Type {
  const type = checker.walk.expression(checker, expr.value);
  const { emits } = checker.frame;
  if (emits === undefined) {
    report(checker, "emitOutsideStream", expr.span, "`emit` can only be used inside a `gen fn`", {
      hint: "Declare the enclosing function with `gen fn`",
    });
  } else if (!isAssignable(checker.types, emits.type, type)) {
    report(
      checker,
      "emitMismatch",
      expr.value.span,
      `emit type doesn't match: expected ${printType(emits.type)}, got ${printType(type)}`,
      { labels: labelAt(emits.span, "expected because of this return type") },
    );
  }
  return NIL;
}

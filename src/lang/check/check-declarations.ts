/** Declarations: the bodies of functions, tools, pipelines and methods, and what type declarations must obey. */

import type { AttributedDecl, Block, Decl, FnDecl, NodeOf, Param, ToolDecl, TypeExpr } from "../syntax/ast.ts";
import { checkAttributes } from "./attributes.ts";
import { checkDefault } from "./check-statements.ts";
import { bindValue, type Checker, type Expectation, type Frame, report, within } from "./checker.ts";
import { bareType, findType } from "./declarations.ts";
import { containsYield } from "./exits.ts";
import { extendParams, lowerAnnotation, lowerType } from "./lower-types.ts";
import { childScope, forgetMutable } from "./scope.ts";
import { ANY, DICT, INT, LIST, printType, STRING, type Type, UNTYPED } from "./types.ts";
import { checkVariance } from "./variance.ts";

export function checkDeclaration(checker: Checker, decl: Decl | AttributedDecl): void {
  switch (decl.kind) {
    case "AttributedDecl":
      checkAttributes(checker, decl);
      checkDeclaration(checker, decl.decl);
      return;
    case "ImportDecl":
      return;
    case "TypeDecl":
    case "EnumDecl":
    case "StructDecl":
    case "InterfaceDecl":
      checkVariance(checker, decl);
      return;
    case "FnDecl":
      checkVariance(checker, decl);
      checkFunction(checker, decl);
      return;
    case "ToolDecl":
      checkFunction(checker, decl);
      return;
    case "ImplBlock":
      checkImpl(checker, decl);
      return;
    case "PipelineDecl":
      checkPipeline(checker, decl, decl.returnType);
      bindValue(checker, decl.name.name, UNTYPED, decl.name.span);
      return;
    case "OverrideDecl":
      checkPipeline(checker, decl, undefined);
      return;
    case "SkillDecl":
      for (const field of decl.fields) checker.walk.expression(checker, field.value);
      bindValue(checker, decl.name.name, UNTYPED, decl.name.span);
      return;
    case "EvalPackDecl":
      checkEvalPack(checker, decl);
  }
}

// ---- Functions -------------------------------------------------------------------------------------------------------

function checkFunction(checker: Checker, decl: FnDecl | ToolDecl, self?: Type): void {
  const isFn = decl.kind === "FnDecl";
  const names = isFn ? decl.typeParams.map((param) => param.name) : [];
  const typeParams = extendParams(checker.typeParams, names);
  const bounds = new Map(checker.bounds);
  for (const name of names) bounds.delete(name);
  if (isFn) for (const clause of decl.where) bounds.set(clause.typeName, clause.bound);
  const frame = isFn && decl.isStream ? streamFrame(checker, decl, typeParams) : functionFrame(decl, typeParams);
  checkBody(checker, { typeParams, bounds, frame }, () => bindParams(checker, decl.params, self), decl.body);
}

/** Runs a function body where it stands: it sees what is declared before it, and later changes of nothing. */
function checkBody(
  checker: Checker,
  inside: Partial<Pick<Checker, "typeParams" | "bounds">> & { readonly frame: Frame },
  bindAll: () => void,
  body: Block,
): void {
  const { flow, assignments } = checker;
  checker.flow = checker.frame.isFunction ? { ...flow, dead: false } : forgetMutable(flow);
  within(checker, { ...inside, scope: childScope(checker.scope) }, () => {
    bindAll();
    checker.walk.block(checker, body);
  });
  checker.flow = flow;
  checker.assignments = assignments;
}

function bindParams(checker: Checker, params: readonly Param[], self: Type | undefined): void {
  for (const param of params) {
    const declared =
      param.name === "self" && param.type === undefined ? self : lowerAnnotation(param.type, checker.typeParams);
    const type = param.rest ? (param.type === undefined ? LIST : UNTYPED) : (declared ?? UNTYPED);
    if (param.defaultValue !== undefined) {
      const given = checker.walk.expression(checker, param.defaultValue);
      checkDefault(checker, param.name, type, given, param.defaultValue.span);
    }
    bindValue(checker, param.name, type, param.span);
  }
}

/** What a generator's `return` gives is not what its caller gets, so its declared type says nothing about it. */
function functionFrame(
  decl: { readonly returnType?: TypeExpr; readonly body: Block },
  typeParams: ReadonlySet<string>,
): Frame {
  const { returnType } = decl;
  if (returnType === undefined || containsYield(decl.body)) return { isFunction: true, returned: [] };
  const returns: Expectation = { type: lowerType(returnType, typeParams), span: returnType.span };
  return { isFunction: true, returned: [], returns };
}

function streamFrame(checker: Checker, decl: FnDecl, typeParams: ReadonlySet<string>): Frame {
  const { returnType } = decl;
  const frame = { isFunction: true, returned: [] };
  if (returnType === undefined) return { ...frame, emits: { type: ANY, span: decl.name.span } };
  const type = lowerType(returnType, typeParams);
  if (type.kind === "Named" && type.name === "Stream") {
    return { ...frame, emits: { type: type.args[0] ?? ANY, span: returnType.span } };
  }
  report(checker, "streamReturnType", returnType.span, `\`gen fn\` must return Stream<T>, got ${printType(type)}`, {
    hint: `Write \`-> Stream<${printType(type)}>\``,
  });
  return { ...frame, emits: { type: ANY, span: returnType.span } };
}

function checkImpl(checker: Checker, decl: NodeOf<"ImplBlock">): void {
  const declared = findType(checker.types, decl.typeName.name);
  const self = declared === undefined ? UNTYPED : bareType(declared);
  for (const method of decl.methods) checkFunction(checker, method, self);
}

// ---- Pipelines and packs ---------------------------------------------------------------------------------------------

function checkPipeline(
  checker: Checker,
  decl: NodeOf<"PipelineDecl"> | NodeOf<"OverrideDecl">,
  returnType: TypeExpr | undefined,
): void {
  const frame = functionFrame(
    { body: decl.body, ...(returnType === undefined ? {} : { returnType }) },
    checker.typeParams,
  );
  const bindNames = (): void => {
    for (const param of decl.params) bindValue(checker, param.name, UNTYPED, param.span);
  };
  checkBody(checker, { frame }, bindNames, decl.body);
}

/** Its fields are variables inside its blocks, beside `id` and `version`. */
function checkEvalPack(checker: Checker, decl: NodeOf<"EvalPackDecl">): void {
  const fields = decl.fields.map((field) => ({
    name: field.name,
    type: checker.walk.expression(checker, field.value),
  }));
  bindValue(checker, decl.bindingName.name, DICT, decl.bindingName.span);
  const bindFields = (): void => {
    bindValue(checker, "id", STRING, decl.bindingName.span);
    bindValue(checker, "version", INT, decl.bindingName.span);
    for (const field of fields) bindValue(checker, field.name.name, field.type, field.name.span);
  };
  const frame: Frame = { ...checker.frame, returned: [] };
  checkBody(checker, { frame }, bindFields, decl.body);
  if (decl.summarize !== undefined) checkBody(checker, { frame }, bindFields, decl.summarize);
}

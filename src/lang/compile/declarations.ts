/** Declarations as code: functions, tools, skills, structs, methods; most others are compile-time facts only. */

import type { Constant } from "../../bytecode/index.ts";
import { attributeDict } from "../attributes/attribute-data.ts";
import type { Attribute, AttributeArg, Block, Expr, Item, NodeOf, Param } from "../syntax/ast.ts";
import { peelAttributes } from "../syntax/ast.ts";
import { compileBlock, DISCARD } from "./blocks.ts";
import { compileFunction, fnSource } from "./closures.ts";
import type { FunctionScope } from "./function-scope.ts";
import { keyList } from "./literals.ts";
import { compileTo } from "./operands.ts";
import { schemaToJsonSchema, typeToSchema } from "./schema.ts";
import { declareWith } from "./variables.ts";

/** Attributes whose function runs inside a scope of the step runtime. */
const SCOPED_ATTRIBUTES = new Set(["step", "persona"]);

export function compileDeclaration(f: FunctionScope, outer: Item): void {
  const { attributes, item } = peelAttributes(outer);
  switch (item.kind) {
    case "FnDecl":
      compileFn(f, item, attributes);
      break;
    case "ToolDecl":
      defineName(f, item.name.name, (register) => compileTool(f, item, register));
      break;
    case "SkillDecl":
      defineName(f, item.name.name, (register) => compileSkill(f, item, register));
      break;
    case "EvalPackDecl":
      compileEvalPack(f, item);
      break;
    case "StructDecl":
      defineName(f, item.name.name, (register) => compileConstructor(f, item, register));
      break;
    case "ImplBlock":
      for (const method of item.methods) {
        const mark = f.mark;
        const closure = f.temp();
        const { index } = compileFunction(f, fnSource(method, `${item.typeName.name}.${method.name.name}`));
        f.asm.emit("Closure", closure, index);
        f.asm.emit("DefineMethod", f.asm.string(item.typeName.name), f.asm.string(method.name.name), closure);
        f.release(mark);
      }
      break;
    case "OverrideDecl":
      defineName(f, item.name.name, (register) => {
        const params: Param[] = item.params.map((param) => ({ name: param.name, rest: false, span: param.span }));
        const source = { name: item.name.name, params, body: item.body, span: item.span } as const;
        const { index } = compileFunction(f, { ...source, implicitResult: "last", kind: "plain" });
        f.asm.emit("Closure", register, index);
      });
      break;
    default:
      // Imports and pipelines are handled per file; enums, interfaces and aliases have no code.
      break;
  }
  for (const attribute of attributes) compileRegistration(f, attribute, item);
}

/** A top-level declaration sets its slot, a local one declares a variable. */
function defineName(f: FunctionScope, name: string, fill: (register: number) => void): void {
  if (!f.isTopLevel) return declareWith(f, name, false, fill);
  const mark = f.mark;
  const value = f.temp();
  fill(value);
  f.asm.emit("StoreGlobal", f.unit.slot(name, false), value);
  f.release(mark);
}

function compileFn(f: FunctionScope, decl: NodeOf<"FnDecl">, attributes: readonly Attribute[]): void {
  const scoped = attributes.filter((attribute) => SCOPED_ATTRIBUTES.has(attribute.name));
  if (scoped.length > 0) {
    defineName(f, decl.name.name, (register) => compileScopedFn(f, decl, scoped, register));
    return;
  }
  const source = fnSource(decl);
  if (!f.isTopLevel) {
    declareWith(f, decl.name.name, false, (register) => {
      f.asm.emit("Closure", register, compileFunction(f, source).index);
    });
    return;
  }
  const slot = f.unit.slot(decl.name.name, false);
  const { index, captures } = compileFunction(f, source);
  if (captures === 0) {
    f.unit.hoisted.push({ slot, index });
    return;
  }
  const mark = f.mark;
  const closure = f.temp();
  f.asm.emit("Closure", closure, index);
  f.asm.emit("StoreGlobal", slot, closure);
  f.release(mark);
}

/** `@step fn f(…)`: the name is bound to a function that runs the body inside the step runtime. */
function compileScopedFn(
  f: FunctionScope,
  decl: NodeOf<"FnDecl">,
  attributes: readonly Attribute[],
  register: number,
): void {
  const { asm } = f;
  // __scoped_fn(kind, function name, attribute arguments, body) → the function
  let body = f.temp();
  asm.emit("Closure", body, compileFunction(f, fnSource(decl)).index);
  // A step that is also a persona belongs to that persona; of a repeated attribute the last counts.
  for (const kind of ["step", "persona"]) {
    const attribute = attributes.findLast(({ name }) => name === kind);
    if (attribute === undefined) continue;
    const first = f.block(4);
    asm.emit("LoadConst", first, asm.string(attribute.name));
    asm.emit("LoadConst", first + 1, asm.string(decl.name.name));
    asm.emit("LoadConst", first + 2, attributeConstant(f, attribute.args));
    asm.emit("Move", first + 3, body);
    body = f.temp();
    asm.emit("CallNative", body, asm.native("__scoped_fn"), first, 4);
  }
  asm.emit("Move", register, body);
}

/** The arguments as a constant; the grammar lets nothing in that would have to be evaluated (STEP-57). */
function attributeConstant(f: FunctionScope, args: readonly AttributeArg[]): number {
  const { file } = f.unit;
  return f.constant(attributeDict(args, (span) => file.text.slice(span.start, span.end)));
}

/** `@acp_tool` and `@acp_skill` register the function after it is defined. */
function compileRegistration(f: FunctionScope, attribute: Attribute, item: Item): void {
  if (attribute.name !== "acp_tool" && attribute.name !== "acp_skill") return;
  if (item.kind !== "FnDecl") {
    f.unit.error("HARN-C005", `@${attribute.name} can only be applied to function declarations`, attribute.span);
    return;
  }
  const { asm } = f;
  const mark = f.mark;
  const isTool = attribute.name === "acp_tool";
  const named = attribute.args.find((arg) => arg.name === "name")?.value;
  const name = named?.kind === "StringLiteral" ? named.value : item.name.name;
  const rest = attributeConstant(
    f,
    attribute.args.filter((arg) => arg.name !== undefined && arg.name !== "name"),
  );
  const first = f.block(isTool ? 4 : 3);
  asm.emit("CallNative", first, asm.native(isTool ? "tool_registry" : "skill_registry"), first, 0);
  asm.emit("LoadConst", first + 1, asm.string(name));
  const handler: Expr = { kind: "Identifier", name: item.name.name, span: item.name.span };
  if (isTool) {
    asm.emit("LoadConst", first + 2, asm.string(""));
    const values = f.block(2);
    compileTo(f, handler, values);
    asm.emit("LoadConst", values + 1, rest);
    asm.emit("Dict", first + 3, keyList(f, ["handler", "annotations"]), values, 2);
  } else {
    const values = f.block(1);
    compileTo(f, handler, values);
    asm.emit("Dict", first + 2, keyList(f, ["on_activate"]), values, 1);
    const extra = f.temp();
    asm.emit("LoadConst", extra, rest);
    asm.emit("DictSpread", first + 2, extra);
  }
  asm.emit("CallNative", f.temp(), asm.native(isTool ? "tool_define" : "skill_define"), first, isTool ? 4 : 3);
  f.release(mark);
}

/** `tool name(…) { … }` is `tool_define(tool_registry(), name, description, {parameters, handler, returns?})`. */
function compileTool(f: FunctionScope, decl: NodeOf<"ToolDecl">, target: number): void {
  const { asm } = f;
  const { facts } = f.unit;
  const first = f.block(4);
  asm.emit("CallNative", first, asm.native("tool_registry"), first, 0);
  asm.emit("LoadConst", first + 1, asm.string(decl.name.name));
  asm.emit("LoadConst", first + 2, asm.string(decl.description ?? ""));
  const returns = decl.returnType && typeToSchema(decl.returnType, facts);
  const values = f.block(returns ? 3 : 2);
  compileToolParameters(f, decl.params, values);
  const { index } = compileFunction(f, {
    name: decl.name.name,
    params: decl.params,
    body: decl.body,
    span: decl.span,
    implicitResult: "last",
    kind: "plain",
  });
  asm.emit("Closure", values + 1, index);
  if (returns) asm.emit("LoadConst", values + 2, f.constant(schemaToJsonSchema(returns)));
  const keys = returns ? ["parameters", "handler", "returns"] : ["parameters", "handler"];
  asm.emit("Dict", first + 3, keyList(f, keys), values, keys.length);
  asm.emit("CallNative", target, asm.native("tool_define"), first, 4);
}

/** Parameter name → JSON Schema; one with a default is not required and shows the default. */
function compileToolParameters(f: FunctionScope, params: readonly Param[], target: number): void {
  const { asm } = f;
  const values = f.block(params.length);
  params.forEach((param, index) => {
    const schema = (param.type && typeToSchema(param.type, f.unit.facts)) ?? anySchema;
    const json = schemaToJsonSchema(schema) as Extract<Constant, { kind: "dict" }>;
    const entries = [
      ...json.entries,
      ...(param.defaultValue ? [["required", { kind: "bool", value: false }] as const] : []),
    ];
    asm.emit("LoadConst", values + index, f.constant({ kind: "dict", entries }));
    if (!param.defaultValue) return;
    const mark = f.mark;
    const given = f.temp();
    compileTo(f, param.defaultValue, given);
    asm.emit("SetProp", values + index, asm.string("default"), given);
    f.release(mark);
  });
  asm.emit(
    "Dict",
    target,
    keyList(
      f,
      params.map((param) => param.name),
    ),
    values,
    params.length,
  );
}

const anySchema: Constant = { kind: "dict", entries: [["type", { kind: "string", value: "any" }]] };

function compileSkill(f: FunctionScope, decl: NodeOf<"SkillDecl">, target: number): void {
  const { asm } = f;
  const first = f.block(3);
  asm.emit("CallNative", first, asm.native("skill_registry"), first, 0);
  asm.emit("LoadConst", first + 1, asm.string(decl.name.name));
  compileFields(f, decl.fields, first + 2);
  asm.emit("CallNative", target, asm.native("skill_define"), first, 3);
}

function compileFields(
  f: FunctionScope,
  fields: readonly { readonly name: { readonly name: string }; readonly value: Expr }[],
  target: number,
): void {
  const values = f.block(fields.length);
  for (const [index, field] of fields.entries()) compileTo(f, field.value, values + index);
  const keys = keyList(
    f,
    fields.map((field) => field.name.name),
  );
  f.asm.emit("Dict", target, keys, values, fields.length);
}

function compileEvalPack(f: FunctionScope, decl: NodeOf<"EvalPackDecl">): void {
  const { asm } = f;
  const given = new Set(decl.fields.map((field) => field.name.name));
  const span = decl.span;
  const extra = [
    ...(given.has("version")
      ? []
      : [{ name: { name: "version", span }, value: { kind: "IntLiteral", value: 1n, span } as const }]),
    ...(given.has("id")
      ? []
      : [
          {
            name: { name: "id", span },
            value: { kind: "StringLiteral", value: decl.packId, style: "plain", span } as const,
          },
        ]),
  ];
  const fields = [...extra, ...decl.fields];
  defineName(f, decl.bindingName.name, (register) => {
    const config = f.temp();
    compileFields(f, fields, config);
    asm.emit("CallNative", register, asm.native("eval_pack_manifest"), config, 1);
  });
  // In a pipeline file the declaration only registers; in a script or block it also runs.
  if (f.isTopLevel && f.unit.hasPipelines) return;
  const bodies: Block[] = [decl.body, ...(decl.summarize ? [decl.summarize] : [])];
  if (bodies.every((body) => body.items.length === 0)) return;
  f.openScope(span);
  const pack: Expr = { kind: "Identifier", name: decl.bindingName.name, span: decl.bindingName.span };
  for (const name of new Set(["id", "version", ...fields.map((field) => field.name.name)])) {
    declareWith(f, name, false, (register) => {
      compileTo(f, { kind: "Property", object: pack, property: { name, span }, optional: false, span }, register);
    });
  }
  for (const body of bodies) compileBlock(f, body, DISCARD);
  f.closeScope();
}

/** `Name({field: value})` as a function. */
function compileConstructor(f: FunctionScope, decl: NodeOf<"StructDecl">, target: number): void {
  const { span } = decl;
  const fields: Expr = { kind: "Identifier", name: "__fields", span };
  const make: Expr = {
    kind: "StructLiteral",
    name: decl.name,
    entries: [{ kind: "SpreadEntry", value: fields, span }],
    span,
  };
  const { index } = compileFunction(f, {
    name: decl.name.name,
    params: [{ name: "__fields", rest: false, span }],
    body: { items: [make], span },
    span,
    implicitResult: "last",
    kind: "plain",
  });
  f.asm.emit("Closure", target, index);
}

/** Declarations, attributes and imports. */

import type {
  Attribute,
  AttributedDecl,
  Decl,
  EnumVariantDecl,
  EvalPackDecl,
  FnDecl,
  Ident,
  ImportDecl,
  InterfaceDecl,
  NamedField,
  Span,
  StructFieldDecl,
  ToolDecl,
  TypeDecl,
} from "../syntax/ast.ts";
import { renderSequence } from "./comma-sequence.ts";
import { type ListMember, renderBraced, renderList } from "./item-list.ts";
import { printNames, printParams } from "./print-params.ts";
import {
  printAnnotation,
  printReturnType,
  printShapeField,
  printType,
  printTypeParams,
  printWhere,
} from "./print-types.ts";
import type { Printer } from "./printer.ts";
import { quoteString, textWidth } from "./text-layout.ts";

export function printDeclaration(printer: Printer, node: Decl, depth: number): string {
  const pub = "isPub" in node && node.isPub ? "pub " : "";
  switch (node.kind) {
    case "ImportDecl":
      return printImport(printer, node, depth);
    case "PipelineDecl": {
      const head = `${pub}pipeline ${node.name.name}`;
      const params = printNames(printer, node.params, paramPlace(head, node.name, node.body.span.start, depth));
      const parent = node.extends === undefined ? "" : ` extends ${node.extends.name}`;
      return printer.block(node.body, depth, `${head}${params}${printReturnType(printer, node.returnType)}${parent} {`);
    }
    case "OverrideDecl": {
      const head = `override ${node.name.name}`;
      const params = printNames(printer, node.params, paramPlace(head, node.name, node.body.span.start, depth));
      return printer.block(node.body, depth, `${head}${params} {`);
    }
    case "FnDecl":
      return printer.block(node.body, depth, `${printSignature(printer, node, depth)} {`);
    case "ToolDecl":
      return printTool(printer, node, depth);
    case "SkillDecl":
      return renderBraced(
        printer,
        node.fields.map((field) => namedField(printer, field, " ", depth + 1)),
        depth,
        `${pub}skill ${node.name.name} {`,
        { start: node.name.span.end, end: node.span.end },
      );
    case "EvalPackDecl":
      return printEvalPack(printer, node, depth);
    case "EnumDecl":
      return renderBraced(
        printer,
        node.variants.map((variant) => enumVariant(printer, variant, depth + 1)),
        depth,
        `${pub}enum ${node.name.name}${printTypeParams(node.typeParams)} {`,
        { start: headEnd(node), end: node.span.end },
      );
    case "StructDecl":
      return renderBraced(
        printer,
        node.fields.map((field) => structField(printer, field)),
        depth,
        `${pub}struct ${node.name.name}${printTypeParams(node.typeParams)} {`,
        { start: headEnd(node), end: node.span.end },
      );
    case "InterfaceDecl":
      return printInterface(printer, node, depth, `${pub}interface `);
    case "ImplBlock":
      return renderBraced(
        printer,
        node.methods.map((method) => ({ span: method.span, render: () => printer.item(method, depth + 1) })),
        depth,
        `impl ${node.typeName.name} {`,
        { start: node.typeName.span.end, end: node.span.end },
      );
    case "TypeDecl":
      return printTypeAlias(printer, node, pub, depth);
  }
}

/** Each attribute on its line, then comments, then the declaration. */
export function printAttributed(printer: Printer, node: AttributedDecl, depth: number): string {
  const members: ListMember[] = [
    ...node.attributes.map((attribute) => ({
      span: attribute.span,
      render: () => printAttribute(printer, attribute, depth),
    })),
    { span: node.decl.span, render: () => printer.item(node.decl, depth) },
  ];
  return renderList(printer, members, { depth, range: node.span, separation: () => "tight" }).trimStart();
}

function printAttribute(printer: Printer, attribute: Attribute, depth: number): string {
  if (attribute.args.length === 0) return `@${attribute.name}`;
  const args = attribute.args.map((arg) => {
    const value = printer.expr(arg.value, depth);
    return arg.name === undefined ? value : `${arg.name}: ${value}`;
  });
  return `@${attribute.name}(${args.join(", ")})`;
}

// ---- Imports -------------------------------------------------------------------------------------------------------

function printImport(printer: Printer, node: ImportDecl, depth: number): string {
  const head = node.isPub ? "pub import " : "import ";
  const path = printer.verbatim(node.pathSpan);
  if (node.names === undefined) return head + path;
  const names = renderSequence(
    printer,
    node.names.map((name) => ({ span: name.span, render: () => name.name })),
    {
      depth,
      open: "{",
      close: "}",
      padding: " ",
      range: { start: node.span.start, end: node.pathSpan.start },
      prefixWidth: depth * 2 + head.length + 2,
      suffixWidth: " } from ".length + textWidth(path),
      sorted: true,
    },
  );
  return `${head}${names} from ${path}`;
}

// ---- Functions and tools -------------------------------------------------------------------------------------------

interface Head {
  readonly name: Ident;
  readonly typeParams: readonly { readonly span: Span }[];
}

function headEnd(head: Head): number {
  return head.typeParams.at(-1)?.span.end ?? head.name.span.end;
}

/** Where a parameter list stands that follows `text` and ends before `end`. */
function paramPlace(
  text: string,
  name: Ident,
  end: number,
  depth: number,
): { range: Span; prefixWidth: number; depth: number } {
  return { range: { start: name.span.end, end }, prefixWidth: depth * 2 + textWidth(text) + 1, depth };
}

function printSignature(printer: Printer, node: FnDecl, depth: number): string {
  const keywords = `${node.isPub ? "pub " : ""}${node.isStream ? "gen " : ""}fn `;
  const head = `${keywords}${node.name.name}${printTypeParams(node.typeParams)}`;
  const end = headEnd(node);
  const params = printParams(printer, node.params, {
    range: { start: end, end: node.body.span.start },
    prefixWidth: depth * 2 + textWidth(head) + 1,
    depth,
  });
  return `${head}${params}${printReturnType(printer, node.returnType)}${printWhere(node.where)}`;
}

function printTool(printer: Printer, node: ToolDecl, depth: number): string {
  const head = `${node.isPub ? "pub " : ""}tool ${node.name.name}`;
  const params = printParams(printer, node.params, {
    range: {
      start: node.name.span.end,
      end: node.body.span.start,
    },
    prefixWidth: depth * 2 + textWidth(head) + 1,
    depth,
  });
  const opener = `${head}${params}${printReturnType(printer, node.returnType)} {`;
  if (node.description === undefined) return printer.block(node.body, depth, opener);
  const { description } = node;
  const members: ListMember[] = [
    { span: descriptionSpan(printer, node), render: () => `description ${quoteString(description)}` },
    ...node.body.items.map((item) => ({ span: item.span, render: () => printer.item(item, depth + 1) })),
  ];
  return renderBraced(printer, members, depth, opener, { start: node.body.span.start + 1, end: node.span.end });
}

/** The tree has the description's text only; its place is found for the comments around it. */
function descriptionSpan(printer: Printer, node: ToolDecl): Span {
  let start = printer.source.indexOf("description", node.body.span.start);
  while (printer.comments.covers(start)) start = printer.source.indexOf("description", start + 1);
  const limit = node.body.items[0]?.span.start ?? node.span.end - 1;
  const end = printer.comments.peek(start, limit)[0]?.span.start ?? limit;
  return { start, end: start + printer.source.slice(start, end).trimEnd().length };
}

// ---- Types ---------------------------------------------------------------------------------------------------------

/** A shape that stands alone may be broken, a field per line; any other type stays on its line. */
function printTypeAlias(printer: Printer, node: TypeDecl, pub: string, depth: number): string {
  const head = `${pub}type ${node.name.name}${printTypeParams(node.typeParams)} = `;
  const { type } = node;
  if (type.kind !== "ShapeType") return head + printType(printer, type);
  const fields = renderSequence(
    printer,
    type.fields.map((field) => ({ span: field.span, render: () => printShapeField(printer, field) })),
    { depth, open: "{", close: "}", range: type.span, prefixWidth: depth * 2 + textWidth(head) + 1 },
  );
  return head + fields;
}

// ---- Members -------------------------------------------------------------------------------------------------------

function namedField(printer: Printer, field: NamedField, separator: string, depth: number): ListMember {
  return {
    span: { start: field.name.span.start, end: field.value.span.end },
    render: () => `${field.name.name}${separator}${printer.expr(field.value, depth)}`,
  };
}

function enumVariant(printer: Printer, variant: EnumVariantDecl, depth: number): ListMember {
  const { name } = variant.name;
  return {
    span: variant.span,
    render: () =>
      variant.fields.length === 0
        ? name
        : name +
          printParams(printer, variant.fields, {
            range: { start: variant.name.span.end, end: variant.span.end },
            prefixWidth: depth * 2 + textWidth(name) + 1,
            depth,
          }),
  };
}

function structField(printer: Printer, field: StructFieldDecl): ListMember {
  return {
    span: field.span,
    render: () => `${field.name.name}${field.optional ? "?" : ""}${printAnnotation(printer, field.type)}`,
  };
}

function printInterface(printer: Printer, node: InterfaceDecl, depth: number, keyword: string): string {
  const types = node.associatedTypes.map(({ name, defaultType }): ListMember => {
    const value = defaultType === undefined ? "" : ` = ${printType(printer, defaultType)}`;
    return {
      span: { start: name.span.start, end: defaultType?.span.end ?? name.span.end },
      render: () => `type ${name.name}${value}`,
    };
  });
  const methods = node.methods.map((method): ListMember => {
    const head = `fn ${method.name.name}${printTypeParams(method.typeParams)}`;
    return {
      span: method.span,
      render: () => {
        const end = headEnd(method);
        const params = printParams(printer, method.params, {
          range: { start: end, end: method.span.end },
          prefixWidth: (depth + 1) * 2 + textWidth(head) + 1,
          depth: depth + 1,
        });
        return `${head}${params}${printReturnType(printer, method.returnType)}`;
      },
    };
  });
  const members = [...types, ...methods].sort((a, b) => a.span.start - b.span.start);
  const opener = `${keyword}${node.name.name}${printTypeParams(node.typeParams)} {`;
  return renderBraced(printer, members, depth, opener, { start: headEnd(node), end: node.span.end });
}

function printEvalPack(printer: Printer, node: EvalPackDecl, depth: number): string {
  const inner = depth + 1;
  const members: ListMember[] = [
    ...node.fields.map((field) => namedField(printer, field, ": ", inner)),
    ...node.body.items.map((item) => ({ span: item.span, render: () => printer.item(item, inner) })),
  ];
  const { summarize } = node;
  if (summarize !== undefined) {
    members.push({ span: summarize.span, render: () => printer.block(summarize, inner, "summarize {") });
  }
  members.sort((a, b) => a.span.start - b.span.start);
  const opener = `${node.isPub ? "pub " : ""}eval_pack ${evalPackName(node)} {`;
  return renderBraced(printer, members, depth, opener, { start: node.bindingName.span.end, end: node.span.end });
}

/** `name`, `"id"`, or `name "id"`. */
function evalPackName(node: EvalPackDecl): string {
  if (node.idIsString) return quoteString(node.packId);
  return node.bindingName.name === node.packId ? node.packId : `${node.bindingName.name} ${quoteString(node.packId)}`;
}

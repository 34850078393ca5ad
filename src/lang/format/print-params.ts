/** Parameter lists of functions, tools, variants, closures. */

import type { Ident, Param, Span } from "../syntax/ast.ts";
import { renderSequence } from "./comma-sequence.ts";
import { printAnnotation } from "./print-types.ts";
import type { Printer } from "./printer.ts";

export function printParam(printer: Printer, param: Param, depth: number): string {
  const rest = param.rest ? "..." : "";
  const value = param.defaultValue === undefined ? "" : ` = ${printer.expr(param.defaultValue, depth)}`;
  return `${rest}${param.name}${printAnnotation(printer, param.type)}${value}`;
}

/** `(a: int, b = 1)`; `prefixWidth` is what stands before the members, indentation and parenthesis included. */
export function printParams(
  printer: Printer,
  params: readonly Param[],
  place: { readonly range: Span; readonly prefixWidth: number; readonly depth: number },
): string {
  const members = params.map((param) => ({
    span: param.span,
    render: (depth: number) => printParam(printer, param, depth),
  }));
  // The parser wants a rest parameter to be the last thing before the parenthesis.
  const trailingComma = params.at(-1)?.rest !== true;
  return renderSequence(printer, members, { ...place, open: "(", close: ")", trailingComma });
}

/** A closure's parameters, never broken. */
export function printParamsInline(printer: Printer, params: readonly Param[], depth: number): string {
  return params.map((param) => printParam(printer, param, depth)).join(", ");
}

export function printNames(
  printer: Printer,
  names: readonly Ident[],
  place: { readonly range: Span; readonly prefixWidth: number; readonly depth: number },
): string {
  const members = names.map((name) => ({ span: name.span, render: () => name.name }));
  return renderSequence(printer, members, { ...place, open: "(", close: ")" });
}

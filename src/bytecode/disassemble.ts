/** Bytecode as text, one instruction a line, for people and golden tests. */

import type { Constant, FunctionProto } from "./function.ts";
import { type OperandKind, opcodes } from "./opcodes.ts";

export function disassemble(proto: FunctionProto, options: { readonly nested?: boolean } = {}): string {
  const out: string[] = [];
  write(proto, out, options.nested ?? true);
  return out.join("\n");
}

function write(proto: FunctionProto, out: string[], nested: boolean): void {
  const captures = proto.captures.length > 0 ? ` captures ${proto.captures.map((r) => `r${r}`).join(" ")}` : "";
  out.push(`fn ${proto.name}(${proto.paramNames.join(", ")}) ${proto.registerCount} registers${captures}`);
  const { code } = proto;
  let at = 0;
  let line = 0;
  while (at < code.length) {
    const info = opcodes[code[at] ?? -1];
    if (!info) {
      out.push(`  ${at}: ??? ${code[at]}`);
      return;
    }
    const now = placeAt(proto, at).line;
    const mark = now === line ? "    " : String(now).padStart(4);
    line = now;
    const operands = info.operands.map((kind, index) => showOperand(proto, kind, code[at + 1 + index] as number));
    out.push(`${mark} ${String(at).padStart(4)}  ${info.name.padEnd(15)} ${operands.join(" ")}`.trimEnd());
    at += 1 + info.operands.length;
  }
  for (const handler of proto.handlers) {
    out.push(`     ${handler.kind} ${handler.start}..${handler.end} →${handler.target} r${handler.register}`);
  }
  if (nested) for (const child of proto.functions) write(child, out, nested);
}

function showOperand(proto: FunctionProto, kind: OperandKind, value: number): string {
  switch (kind) {
    case "w":
    case "r":
    case "x":
    case "a":
      return `r${value}`;
    case "n":
    case "i":
      return `${value}`;
    case "k":
    case "s":
    case "o":
    case "e":
    case "l":
    case "y":
    case "p":
      return showConstant(proto.constants[value]);
    case "f":
      return `fn:${proto.functions[value]?.name ?? "?"}`;
    case "g":
      return `@${value}`;
    case "b":
      return `${proto.natives[value]}`;
    case "t":
      return `→${value}`;
  }
}

function showConstant(constant: Constant | undefined): string {
  if (!constant) return "?";
  switch (constant.kind) {
    case "nil":
      return "nil";
    case "bool":
    case "int":
    case "float":
      return String(constant.value);
    case "string":
      return JSON.stringify(constant.value);
    case "duration":
      return `${constant.ms}ms`;
    case "list":
      return `[${constant.items.map(showConstant).join(", ")}]`;
    case "dict":
      return `{${constant.entries.map(([key, value]) => `${key}: ${showConstant(value)}`).join(", ")}}`;
    case "struct":
      return `struct ${constant.name}`;
    case "type":
      return `type:${constant.type.kind}`;
  }
}

/** Where in the source the instruction comes from that contains word `at`; line and column are 0 when unknown. */
export function placeAt(proto: FunctionProto, at: number): { readonly line: number; readonly column: number } {
  const { places } = proto;
  let low = 0;
  let high = Math.floor(places.length / 3) - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((places[middle * 3] as number) <= at) low = middle;
    else high = middle - 1;
  }
  return { line: places[low * 3 + 1] ?? 0, column: places[low * 3 + 2] ?? 0 };
}

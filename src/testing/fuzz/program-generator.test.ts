import { describe, expect, it } from "vitest";
import { createSourceFile, type Module, parse } from "../../lang/index.ts";
import { generateProgram, type ProgramOptions } from "./program-generator.ts";

const KINDS = ["grammar", "runnable"] as const satisfies readonly NonNullable<ProgramOptions["kind"]>[];

function parsed(text: string): Module {
  const { module, diagnostics } = parse(createSourceFile("generated.harn", text));
  if (diagnostics.length > 0) throw new Error(`${diagnostics[0]!.message}\n${text}`);
  return module;
}

function collectKinds(value: unknown, kinds: Set<string>): void {
  if (Array.isArray(value)) for (const element of value) collectKinds(element, kinds);
  else if (typeof value === "object" && value !== null) {
    const { kind } = value as { kind?: unknown };
    if (typeof kind === "string") kinds.add(kind);
    for (const field of Object.values(value)) collectKinds(field, kinds);
  }
}

describe.each(KINDS)("generated %s programs", (kind) => {
  it("parse without diagnostics", () => {
    for (let seed = 0; seed < 400; seed++) parsed(generateProgram({ seed, kind }));
  });

  it("are the same for the same seed, and different for another", () => {
    expect(generateProgram({ seed: 42, kind })).toBe(generateProgram({ seed: 42, kind }));
    expect(generateProgram({ seed: 42, kind })).not.toBe(generateProgram({ seed: 43, kind }));
  });

  it("grow with their size", () => {
    const lengthAt = (size: number): number =>
      Array.from({ length: 20 }, (_, seed) => generateProgram({ seed, kind, size }).length).reduce((a, b) => a + b);
    expect(lengthAt(30)).toBeGreaterThan(lengthAt(3) * 1.5);
  });
});

it("uses every construct of the tree between them", () => {
  const kinds = new Set<string>();
  for (const kind of KINDS) {
    for (let seed = 0; seed < 300; seed++) collectKinds(parsed(generateProgram({ seed, kind })), kinds);
  }
  expect([...kinds].sort()).toEqual(
    [
      // Types, patterns, pieces
      ...["NamedType", "AppliedType", "UnionType", "ShapeType", "FnType", "LiteralType"],
      ...["NamePattern", "DictPattern", "ListPattern", "PairPattern", "OrPattern"],
      ...["Entry", "SpreadEntry", "Spread", "Text", "Interpolation", "line", "block", "doc-line", "doc-block"],
      // Declarations
      ...["ImportDecl", "PipelineDecl", "OverrideDecl", "FnDecl", "ToolDecl", "SkillDecl", "EvalPackDecl", "EnumDecl"],
      ...["StructDecl", "InterfaceDecl", "ImplBlock", "TypeDecl", "AttributedDecl"],
      // Statements
      ...["LetStmt", "AssignStmt", "ForStmt", "WhileStmt", "ReturnStmt", "ThrowStmt", "BreakStmt", "ContinueStmt"],
      ...["GuardStmt", "RequireStmt", "DeferStmt"],
      // Expressions
      ...["IntLiteral", "FloatLiteral", "DurationLiteral", "BoolLiteral", "NilLiteral", "StringLiteral"],
      ...["InterpolatedString", "Identifier", "ListLiteral", "DictLiteral", "Closure", "Binary", "Unary", "Ternary"],
      ...["Range", "Call", "MethodCall", "Property", "Index", "Slice", "StructLiteral", "TryOperator", "TryStar", "If"],
      ...["Match", "Try", "Retry", "Deadline", "Mutex", "Spawn", "Parallel", "Select", "Yield", "Emit"],
    ].sort(),
  );
});

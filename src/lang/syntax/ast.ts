/**
 * The syntax tree: plain frozen-in-spirit data, one discriminated union per role.
 *
 * Terms: a *span* is a half-open range of UTF-16 offsets into the file's text; line and column are derived from it by
 * `SourceFile`. An *item* is what may stand in a statement list; expressions are items too, and a block's value is that
 * of its last item. `ErrorNode` stands where the parser reported something and went on.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A name with its place, for renaming, narrowing and carets. */
export interface Ident {
  readonly name: string;
  readonly span: Span;
}

// ---- Types ---------------------------------------------------------------------------------------------------------

export type TypeExpr =
  /** `int`, `string`, a user type, a type parameter. */
  | { readonly kind: "NamedType"; readonly name: string; readonly span: Span }
  /** `list<int>`, `dict<K, V>`, `Result<T, E>`; `[int]` parses as `list<int>`. */
  | { readonly kind: "AppliedType"; readonly name: string; readonly args: readonly TypeExpr[]; readonly span: Span }
  | { readonly kind: "UnionType"; readonly members: readonly TypeExpr[]; readonly span: Span }
  | { readonly kind: "ShapeType"; readonly fields: readonly ShapeField[]; readonly span: Span }
  | {
      readonly kind: "FnType";
      readonly params: readonly TypeExpr[];
      readonly returnType: TypeExpr;
      readonly span: Span;
    }
  | { readonly kind: "LiteralType"; readonly value: string | bigint; readonly span: Span };

export interface ShapeField {
  readonly name: string;
  readonly type: TypeExpr;
  readonly optional: boolean;
  readonly span: Span;
}

export interface TypeParam {
  readonly name: string;
  readonly variance: "invariant" | "in" | "out";
  readonly span: Span;
}

/** `where T: Bound`. */
export interface WhereClause {
  readonly typeName: string;
  readonly bound: string;
  readonly span: Span;
}

// ---- Shared pieces -------------------------------------------------------------------------------------------------

export interface Block {
  readonly items: readonly Item[];
  /** From `{` to `}` inclusive (a closure's starts after its arrow; a file's spans the file). */
  readonly span: Span;
}

export interface Param {
  readonly name: string;
  readonly type?: TypeExpr;
  readonly defaultValue?: Expr;
  readonly rest: boolean;
  readonly span: Span;
}

export type Pattern =
  /** `_` discards. */
  | { readonly kind: "NamePattern"; readonly name: string; readonly span: Span }
  | { readonly kind: "DictPattern"; readonly fields: readonly DictPatternField[]; readonly span: Span }
  | { readonly kind: "ListPattern"; readonly elements: readonly ListPatternElement[]; readonly span: Span }
  /** `(a, b)`, in `for` only. */
  | { readonly kind: "PairPattern"; readonly first: Ident; readonly second: Ident; readonly span: Span };

export interface DictPatternField {
  readonly key: string;
  /** The variable it binds when not named like the key. */
  readonly alias?: string;
  readonly rest: boolean;
  readonly defaultValue?: Expr;
  readonly span: Span;
}

export interface ListPatternElement {
  readonly name: string;
  readonly rest: boolean;
  readonly defaultValue?: Expr;
  readonly span: Span;
}

export interface Attribute {
  readonly name: string;
  readonly args: readonly AttributeArg[];
  readonly span: Span;
}

/** Values are literals, identifiers, or lists and dicts of them; anything else is a parse error. */
export interface AttributeArg {
  readonly name?: string;
  readonly value: Expr;
  readonly span: Span;
}

export type DictEntry =
  /** `key: value`, `"key": value` (both with `key` as a string literal), `[key]: value`. */
  | {
      readonly kind: "Entry";
      readonly key: Expr;
      readonly computed: boolean;
      readonly value: Expr;
      readonly span: Span;
    }
  | { readonly kind: "SpreadEntry"; readonly value: Expr; readonly span: Span };

/** An argument or list element; `...xs` spreads. */
export type Element = Expr | SpreadElement;
export interface SpreadElement {
  readonly kind: "Spread";
  readonly value: Expr;
  readonly span: Span;
}

export interface NamedField {
  readonly name: Ident;
  readonly value: Expr;
}

// ---- Declarations --------------------------------------------------------------------------------------------------

export interface ImportDecl {
  readonly kind: "ImportDecl";
  readonly path: string;
  readonly pathSpan: Span;
  /** Absent for a wildcard import. */
  readonly names?: readonly Ident[];
  /** Re-exported. */
  readonly isPub: boolean;
  readonly span: Span;
}

export interface PipelineDecl {
  readonly kind: "PipelineDecl";
  readonly name: Ident;
  readonly params: readonly Ident[];
  readonly returnType?: TypeExpr;
  readonly extends?: Ident;
  readonly body: Block;
  readonly isPub: boolean;
  readonly span: Span;
}

export interface OverrideDecl {
  readonly kind: "OverrideDecl";
  readonly name: Ident;
  readonly params: readonly Ident[];
  readonly body: Block;
  readonly span: Span;
}

export interface FnDecl {
  readonly kind: "FnDecl";
  readonly name: Ident;
  readonly typeParams: readonly TypeParam[];
  readonly params: readonly Param[];
  readonly returnType?: TypeExpr;
  readonly where: readonly WhereClause[];
  readonly body: Block;
  readonly isPub: boolean;
  /** `gen fn`: a stream producer, values leave by `emit`. */
  readonly isStream: boolean;
  readonly span: Span;
}

export interface ToolDecl {
  readonly kind: "ToolDecl";
  readonly name: Ident;
  readonly description?: string;
  readonly params: readonly Param[];
  readonly returnType?: TypeExpr;
  readonly body: Block;
  readonly isPub: boolean;
  readonly span: Span;
}

export interface SkillDecl {
  readonly kind: "SkillDecl";
  readonly name: Ident;
  readonly fields: readonly NamedField[];
  readonly isPub: boolean;
  readonly span: Span;
}

export interface EvalPackDecl {
  readonly kind: "EvalPackDecl";
  readonly bindingName: Ident;
  readonly packId: string;
  /** True when written `eval_pack "id" { … }`. */
  readonly idIsString: boolean;
  readonly fields: readonly NamedField[];
  readonly body: Block;
  readonly summarize?: Block;
  readonly isPub: boolean;
  readonly span: Span;
}

export interface EnumVariantDecl {
  readonly name: Ident;
  readonly fields: readonly Param[];
  readonly span: Span;
}

export interface EnumDecl {
  readonly kind: "EnumDecl";
  readonly name: Ident;
  readonly typeParams: readonly TypeParam[];
  readonly variants: readonly EnumVariantDecl[];
  readonly isPub: boolean;
  readonly span: Span;
}

export interface StructFieldDecl {
  readonly name: Ident;
  readonly type?: TypeExpr;
  readonly optional: boolean;
  readonly span: Span;
}

export interface StructDecl {
  readonly kind: "StructDecl";
  readonly name: Ident;
  readonly typeParams: readonly TypeParam[];
  readonly fields: readonly StructFieldDecl[];
  readonly isPub: boolean;
  readonly span: Span;
}

export interface InterfaceMethod {
  readonly name: Ident;
  readonly typeParams: readonly TypeParam[];
  readonly params: readonly Param[];
  readonly returnType?: TypeExpr;
  readonly span: Span;
}

export interface InterfaceDecl {
  readonly kind: "InterfaceDecl";
  readonly name: Ident;
  readonly typeParams: readonly TypeParam[];
  readonly associatedTypes: readonly { readonly name: Ident; readonly defaultType?: TypeExpr }[];
  readonly methods: readonly InterfaceMethod[];
  readonly isPub: boolean;
  readonly span: Span;
}

export interface ImplBlock {
  readonly kind: "ImplBlock";
  readonly typeName: Ident;
  readonly methods: readonly FnDecl[];
  readonly span: Span;
}

export interface TypeDecl {
  readonly kind: "TypeDecl";
  readonly name: Ident;
  readonly typeParams: readonly TypeParam[];
  readonly type: TypeExpr;
  readonly isPub: boolean;
  readonly span: Span;
}

/** `@a @b(x: 1) fn …`: attributes before a declaration. */
export interface AttributedDecl {
  readonly kind: "AttributedDecl";
  readonly attributes: readonly Attribute[];
  readonly decl: Decl;
  readonly span: Span;
}

export type Decl =
  | ImportDecl
  | PipelineDecl
  | OverrideDecl
  | FnDecl
  | ToolDecl
  | SkillDecl
  | EvalPackDecl
  | EnumDecl
  | StructDecl
  | InterfaceDecl
  | ImplBlock
  | TypeDecl;

// ---- Statements ----------------------------------------------------------------------------------------------------

export type Stmt =
  | {
      readonly kind: "LetStmt";
      readonly mutable: boolean;
      readonly pattern: Pattern;
      readonly type?: TypeExpr;
      readonly value: Expr;
      readonly span: Span;
    }
  | {
      readonly kind: "AssignStmt";
      /** Identifier, Property or Index. */
      readonly target: Expr;
      /** Absent for plain `=`. */
      readonly op?: "+" | "-" | "*" | "/" | "%";
      readonly value: Expr;
      readonly span: Span;
    }
  | {
      readonly kind: "ForStmt";
      readonly pattern: Pattern;
      readonly iterable: Expr;
      readonly body: Block;
      readonly span: Span;
    }
  | { readonly kind: "WhileStmt"; readonly condition: Expr; readonly body: Block; readonly span: Span }
  | { readonly kind: "ReturnStmt"; readonly value?: Expr; readonly span: Span }
  | { readonly kind: "ThrowStmt"; readonly value: Expr; readonly span: Span }
  | { readonly kind: "BreakStmt"; readonly span: Span }
  | { readonly kind: "ContinueStmt"; readonly span: Span }
  | { readonly kind: "GuardStmt"; readonly condition: Expr; readonly elseBody: Block; readonly span: Span }
  | { readonly kind: "RequireStmt"; readonly condition: Expr; readonly message?: Expr; readonly span: Span }
  | { readonly kind: "DeferStmt"; readonly body: Block; readonly span: Span };

// ---- Expressions ---------------------------------------------------------------------------------------------------

export type BinaryOperator =
  | "|>"
  | "||"
  | "&&"
  | "=="
  | "!="
  | "<"
  | ">"
  | "<="
  | ">="
  | "in"
  | "not_in"
  | "+"
  | "-"
  | "??"
  | "*"
  | "/"
  | "%"
  | "**";

export interface MatchArm {
  /** `_`, a literal, a name, an enum variant call, a list or dict pattern literal, or several with `|`. */
  readonly pattern: Expr;
  readonly guard?: Expr;
  readonly body: Block;
  readonly span: Span;
}

export interface SelectCase {
  readonly variable: Ident;
  readonly channel: Expr;
  readonly body: Block;
  readonly span: Span;
}

export type StringPart =
  | { readonly kind: "Text"; readonly value: string }
  | { readonly kind: "Interpolation"; readonly expr: Expr; readonly span: Span };

export type Expr =
  | { readonly kind: "IntLiteral"; readonly value: bigint; readonly span: Span }
  | { readonly kind: "FloatLiteral"; readonly value: number; readonly span: Span }
  | { readonly kind: "DurationLiteral"; readonly ms: bigint; readonly span: Span }
  | { readonly kind: "BoolLiteral"; readonly value: boolean; readonly span: Span }
  | { readonly kind: "NilLiteral"; readonly span: Span }
  /** `style` is how it was written, for the formatter. */
  | {
      readonly kind: "StringLiteral";
      readonly value: string;
      readonly style: "plain" | "raw" | "triple";
      readonly span: Span;
    }
  | {
      readonly kind: "InterpolatedString";
      readonly parts: readonly StringPart[];
      readonly style: "plain" | "triple";
      readonly span: Span;
    }
  | { readonly kind: "Identifier"; readonly name: string; readonly span: Span }
  | { readonly kind: "ListLiteral"; readonly elements: readonly Element[]; readonly span: Span }
  | { readonly kind: "DictLiteral"; readonly entries: readonly DictEntry[]; readonly span: Span }
  /** `{ x, y -> … }`, or `fn(x, y) { … }` when `fnSyntax`. */
  | {
      readonly kind: "Closure";
      readonly params: readonly Param[];
      readonly returnType?: TypeExpr;
      readonly body: Block;
      readonly fnSyntax: boolean;
      readonly span: Span;
    }
  | {
      readonly kind: "Binary";
      readonly op: BinaryOperator;
      readonly left: Expr;
      readonly right: Expr;
      readonly opSpan: Span;
      readonly span: Span;
    }
  | { readonly kind: "Unary"; readonly op: "!" | "-"; readonly operand: Expr; readonly span: Span }
  | {
      readonly kind: "Ternary";
      readonly condition: Expr;
      readonly thenExpr: Expr;
      readonly elseExpr: Expr;
      readonly span: Span;
    }
  | {
      readonly kind: "Range";
      readonly from: Expr;
      readonly to: Expr;
      readonly exclusive: boolean;
      readonly span: Span;
    }
  /** `name<T>(args)`: the callee of a call is always a name. */
  | {
      readonly kind: "Call";
      readonly callee: Ident;
      readonly typeArgs: readonly TypeExpr[];
      readonly args: readonly Element[];
      readonly span: Span;
    }
  | {
      readonly kind: "MethodCall";
      readonly object: Expr;
      readonly method: Ident;
      readonly args: readonly Element[];
      readonly optional: boolean;
      readonly span: Span;
    }
  | {
      readonly kind: "Property";
      readonly object: Expr;
      readonly property: Ident;
      readonly optional: boolean;
      readonly span: Span;
    }
  | {
      readonly kind: "Index";
      readonly object: Expr;
      readonly index: Expr;
      readonly optional: boolean;
      readonly span: Span;
    }
  | {
      readonly kind: "Slice";
      readonly object: Expr;
      readonly from?: Expr;
      readonly to?: Expr;
      readonly span: Span;
    }
  /** `Name { field: value }`. */
  | {
      readonly kind: "StructLiteral";
      readonly name: Ident;
      readonly entries: readonly DictEntry[];
      readonly span: Span;
    }
  /** `expr?`: unwrap Ok or return Err. */
  | { readonly kind: "TryOperator"; readonly operand: Expr; readonly span: Span }
  /** `try* expr`: evaluate, rethrow on error. */
  | { readonly kind: "TryStar"; readonly operand: Expr; readonly span: Span }
  | {
      readonly kind: "If";
      readonly condition: Expr;
      readonly thenBody: Block;
      /** `else if` is a block whose only item is the nested If, with `elseIf` true. */
      readonly elseBody?: Block;
      readonly elseIf: boolean;
      readonly span: Span;
    }
  | { readonly kind: "Match"; readonly subject: Expr; readonly arms: readonly MatchArm[]; readonly span: Span }
  /** `a | b` in a match arm. */
  | { readonly kind: "OrPattern"; readonly alternatives: readonly Expr[]; readonly span: Span }
  /** `try { } catch (e) { } finally { }`; with neither clause it is a Try expression that gives a Result. */
  | {
      readonly kind: "Try";
      readonly body: Block;
      readonly catchClause?: CatchClause;
      readonly finallyBody?: Block;
      readonly span: Span;
    }
  | { readonly kind: "Retry"; readonly count: Expr; readonly body: Block; readonly span: Span }
  | { readonly kind: "Deadline"; readonly duration: Expr; readonly body: Block; readonly span: Span }
  | { readonly kind: "Mutex"; readonly body: Block; readonly span: Span }
  | { readonly kind: "Spawn"; readonly body: Block; readonly span: Span }
  | {
      readonly kind: "Parallel";
      readonly mode: "count" | "each" | "settle";
      /** `… as stream`. */
      readonly asStream: boolean;
      readonly subject: Expr;
      readonly variable?: Ident;
      readonly options: readonly NamedField[];
      readonly body: Block;
      readonly span: Span;
    }
  | {
      readonly kind: "Select";
      readonly cases: readonly SelectCase[];
      readonly timeout?: { readonly duration: Expr; readonly body: Block };
      readonly defaultBody?: Block;
      readonly span: Span;
    }
  | { readonly kind: "Yield"; readonly value?: Expr; readonly span: Span }
  | { readonly kind: "Emit"; readonly value: Expr; readonly span: Span }
  /** A bare `{ … }` statement block. */
  | { readonly kind: "BlockExpr"; readonly body: Block; readonly span: Span }
  | ErrorNode;

export interface CatchClause {
  readonly variable?: Ident;
  readonly type?: TypeExpr;
  readonly body: Block;
  readonly span: Span;
}

export interface ErrorNode {
  readonly kind: "ErrorNode";
  readonly span: Span;
}

export type Item = Decl | AttributedDecl | Stmt | Expr;
export type Node = Item;

/** Picks one node type out of a union: `NodeOf<"Call">`. */
export type NodeOf<K extends Item["kind"]> = Extract<Item, { readonly kind: K }>;

// ---- File ----------------------------------------------------------------------------------------------------------

export interface Comment {
  readonly kind: "line" | "block" | "doc-line" | "doc-block";
  /** With its markers. */
  readonly text: string;
  readonly span: Span;
}

/** One parsed file. Comments are kept beside the tree, in source order. */
export interface Module {
  readonly items: readonly Item[];
  readonly comments: readonly Comment[];
  /** `#!…` first line without its newline, if there was one. */
  readonly shebang?: string;
  readonly span: Span;
}

/** The declaration under its attributes, and the attributes (none for anything else). */
export function peelAttributes(item: Item): { attributes: readonly Attribute[]; item: Item } {
  return item.kind === "AttributedDecl" ? { attributes: item.attributes, item: item.decl } : { attributes: [], item };
}

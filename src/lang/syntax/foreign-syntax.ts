/**
 * What people write who think in another language, and what Harn has instead. Looked at only where the parser has failed
 * already, so none of it can reject a program or cost one anything.
 *
 * A *word* stands where a statement begins: `def`, `elif`, `raise`. One with a keyword of the same meaning is read as that
 * keyword, so that what follows is still looked at. A *form* is anything else: a pattern for the line around the place of
 * the error, which `‸` marks.
 */

import { table } from "../../base/index.ts";
import { closestName } from "../diagnostics/suggest.ts";
import type { Keyword } from "./tokens.ts";

export interface ForeignWord {
  /** What the message expects in its place. */
  readonly expected: string;
  readonly hint: string;
  /** Read on as if this keyword stood there. */
  readonly readAs?: Keyword;
  /** Read on behind the word. */
  readonly skip?: true;
}

const as = (keyword: Keyword, hint: string, expected: string = keyword): ForeignWord => ({
  expected,
  hint,
  readAs: keyword,
});
const skip = (hint: string): ForeignWord => ({ expected: "a statement", hint, skip: true });
const instead = (expected: string, hint: string): ForeignWord => ({ expected, hint });

const FUNCTION = as("fn", "Write `fn name(a, b) { … }`");
const BINDING = as("let", "Write `let name = …`, or `var` for a variable that changes");
const ELSE_IF = as("if", "Write `} else if condition {`", "else if");
const EXPORT = as("pub", "Write `pub` before a declaration to export it");
const CLASS = instead("struct", "Declare the fields with `struct Name { … }` and the methods with `impl Name { … }`");
const SWITCH = instead("match", "Write `match value { 1 -> { … } _ -> { … } }`");
const LOOP = instead("while", "Write `while true { … }`, with `break` to leave it");
const CATCH = instead("catch", "Write `try { … } catch (e) { … }`");
const IMPORT = instead("import", 'Write `import "path"` or `import { name } from "path"`');
const MODULE = instead("a declaration", "Remove the line; every file is a module of its own");
const TYPED = instead("let", "Write `let name: type = …`");
const PRINT = instead("println(…)", "Write `println(value)`, with parentheses");
const DELETE = instead("an assignment", 'Write `d = d.remove("key")`; collections are values');
const OUTER = instead("a statement", "Return the new value instead; a function cannot change variables outside of it");
const MODIFIER = skip("Remove the word; what is not `pub` is private to its file");

const WORDS: Readonly<Record<string, ForeignWord>> = table<ForeignWord>({
  def: FUNCTION,
  func: FUNCTION,
  function: FUNCTION,
  fun: FUNCTION,
  proc: FUNCTION,
  sub: FUNCTION,
  const: BINDING,
  val: BINDING,
  auto: BINDING,
  local: BINDING,
  my: BINDING,
  elif: ELSE_IF,
  elsif: ELSE_IF,
  elseif: ELSE_IF,
  unless: instead("if", "Write `if !(condition) { … }`"),
  switch: SWITCH,
  when: SWITCH,
  case: SWITCH,
  loop: LOOP,
  do: LOOP,
  forever: LOOP,
  until: instead("while", "Write `while !(condition) { … }`"),
  foreach: as("for", "Write `for x in xs { … }`"),
  raise: as("throw", "Write `throw value`; any value can be thrown"),
  except: CATCH,
  rescue: CATCH,
  ensure: instead("finally", "Write `try { … } finally { … }`"),
  export: EXPORT,
  public: EXPORT,
  async: skip("Remove `async`; every function may wait"),
  private: MODIFIER,
  protected: MODIFIER,
  static: MODIFIER,
  final: MODIFIER,
  abstract: MODIFIER,
  inline: MODIFIER,
  unsafe: MODIFIER,
  class: CLASS,
  object: CLASS,
  record: CLASS,
  trait: as("interface", "Write `interface Name { fn method(self) -> T }`"),
  protocol: as("interface", "Write `interface Name { fn method(self) -> T }`"),
  use: IMPORT,
  using: IMPORT,
  include: IMPORT,
  package: MODULE,
  module: MODULE,
  namespace: MODULE,
  print: PRINT,
  println: PRINT,
  printf: PRINT,
  puts: PRINT,
  echo: PRINT,
  log: instead("log(…)", "Write `log(value)`, with parentheses"),
  assert: instead("assert(…)", "Write `assert(condition, message)`"),
  del: DELETE,
  delete: DELETE,
  global: OUTER,
  nonlocal: OUTER,
  with: instead("a statement", "Use `defer { … }` for what must run at the end of the block"),
  go: instead("spawn", "Write `spawn { work() }`"),
  await: instead("await(…)", "Write `await(task)` with what `spawn` gave; other calls are waited for anyway"),
  int: TYPED,
  float: TYPED,
  double: TYPED,
  string: TYPED,
  String: TYPED,
  bool: TYPED,
  boolean: TYPED,
  char: TYPED,
  list: TYPED,
  dict: TYPED,
});

/** Keywords that begin or continue a statement: what a misspelt first word may have been. */
const STATEMENT_KEYWORDS: readonly Keyword[] = [
  "break",
  "catch",
  "continue",
  "deadline",
  "defer",
  "else",
  "emit",
  "enum",
  "eval_pack",
  "finally",
  "fn",
  "for",
  "guard",
  "if",
  "impl",
  "import",
  "interface",
  "let",
  "match",
  "mutex",
  "override",
  "parallel",
  "pipeline",
  "pub",
  "require",
  "retry",
  "return",
  "select",
  "spawn",
  "struct",
  "throw",
  "tool",
  "try",
  "type",
  "var",
  "while",
  "yield",
];

/** These continue a statement, and mean nothing at the start of one. */
const CONTINUATIONS: ReadonlySet<Keyword> = new Set<Keyword>(["catch", "else", "finally"]);

/** What a word at the start of a statement was meant to be. Only for one with which no statement of Harn begins. */
export function foreignWord(word: string): ForeignWord | undefined {
  const known = WORDS[word];
  if (known !== undefined) return known;
  const lower = word.toLowerCase();
  const meant = word !== lower && isStatementKeyword(lower) ? lower : closestName(word, STATEMENT_KEYWORDS);
  if (meant !== undefined && isStatementKeyword(meant)) {
    const hint = `Did you mean \`${meant}\`?`;
    return CONTINUATIONS.has(meant) ? instead(meant, hint) : as(meant, hint);
  }
  // Short foreign words are a letter away from too many names.
  const foreign = word.length < 5 ? undefined : closestName(word, Object.keys(WORDS), 1);
  return foreign === undefined ? undefined : WORDS[foreign];
}

function isStatementKeyword(word: string): word is Keyword {
  return (STATEMENT_KEYWORDS as readonly string[]).includes(word);
}

// ---- Forms -----------------------------------------------------------------------------------------------------------

interface ForeignForm {
  /** For the line with `‸` before the token that did not fit. A group `it` is what the error is about instead. */
  readonly pattern: RegExp;
  /** What the parser expected there; default: anything. */
  readonly where?: RegExp;
  /** What the message expects instead. */
  readonly expected?: string;
  readonly hint: string;
  /** Nothing else of the line is worth telling. */
  readonly wholeLine?: true;
}

const CLOSURE = "Write a closure as `{ x -> x + 1 }` or `fn(x) { return x + 1 }`";
const BRACES = "Write the body in braces: `{ … }`";
const FOR = "Write `for x in xs { … }`, or `for i in 0 to 10 exclusive { … }` to count";
const TEMPLATE = 'Put values into any string in double quotes with `${…}`: `"hello ${name}"`';
const NUMBER = "Write numbers with decimal digits only: `1000000`, `0.5`";

/** The first that fits counts. */
const FORMS: readonly ForeignForm[] = [
  // Operators
  { pattern: /(?<it>===?‸=)/, expected: "==", hint: "Write `==`; values are compared by content and type" },
  { pattern: /(?<it>!==?‸=)/, expected: "!=", hint: "Write `!=`; values are compared by content and type" },
  { pattern: /(?<it>\+‸\+)/, expected: "+=", hint: "Write `x += 1`" },
  { pattern: /(?<it>-‸-)|(?<!-)-\s*‸\s*$/, expected: "-=", hint: "Write `x -= 1`" },
  { pattern: /(?<it>(\?\?|\|\||&&|\*\*)‸=)/, expected: "=", hint: "Write the operator out: `x = x ?? value`" },
  { pattern: /\bfor\b.*‸.*;.*;/, hint: FOR, wholeLine: true },
  {
    pattern: /\w\s*(?<it>‸:=)/,
    expected: "let",
    hint: "Write `let name = value`, and `name = value` to assign to a `var`",
  },
  { pattern: /(?<it>‸=>)/, where: /^->$/, expected: "->", hint: "Write `->` between pattern and body" },
  { pattern: /\b(?<it>case)\s+‸/, where: /^->$/, expected: "a pattern", hint: "Write `1 -> { … }`, without `case`" },
  { pattern: /‸else\b\s*->/, expected: "a pattern", hint: "Write `_ -> { … }` for everything else" },
  { pattern: /^\s*fn\b.*\)\s*‸=>?/, where: /^\{$/, hint: "Write the body in braces: `fn name(a) { return … }`" },
  { pattern: /(?<it>‸=>)/, expected: "a closure `{ x -> … }`", hint: CLOSURE },
  { pattern: /\(\s*\w+\s*‸,[^()]*\)\s*[-=]>/, expected: "a closure `{ a, b -> … }`", hint: CLOSURE },
  { pattern: /\(\s*‸\)\s*[-=]>/, expected: "a closure `{ -> … }`", hint: CLOSURE },
  {
    pattern: /\b\w+\s*(?<it>‸->)/,
    where: /separator|expression|^[,)\]}]$/,
    expected: "a closure `{ x -> … }`",
    hint: CLOSURE,
  },
  { pattern: /‸\|{1,2}\s*(\w+\s*(,\s*\w+\s*)*)?\|/, where: /expression/, hint: CLOSURE },
  { pattern: /\b(?<it>lambda)\b\s*‸/, expected: "a closure `{ x -> … }`", hint: CLOSURE },
  {
    pattern: /\b(?<it>function|func|def)\s*(\([^()]*\))?\s*‸[\w({]/,
    where: /separator|expression|[)\]},]/,
    expected: "fn",
    hint: CLOSURE,
  },
  { pattern: /\bfn\s*‸\w/, where: /^\($/, hint: CLOSURE },
  {
    pattern: /[\w)\]}"]\s*(?<it>‸\|)(?!\|)/,
    where: /separator/,
    expected: "|>",
    hint: "Write `|>` to pass a value on; there are no bit operators",
  },
  {
    pattern: /(?<it><‸<|>‸>)/,
    hint: "There are no bit operators; multiply or divide by a power of two with `*`, `/` and `**`",
  },
  {
    pattern: /\w\s*(?<it>:?‸::?)\w/,
    where: /expression|separator/,
    expected: ".",
    hint: "Write `.` for variants and members: `Color.Red`",
  },
  { pattern: /(?<it>\?‸:)/, expected: "??", hint: "Write `a ?? b` for a value in place of nil" },
  {
    pattern: /(?<it>\.‸\.(=|\.)?)/,
    where: /member name/,
    expected: "to",
    hint: "Write `1 to 3`, or `0 to 3 exclusive` to leave out the end; a list is spread with `...xs`",
  },
  { pattern: /‸and\b/, expected: "&&", hint: "Write `&&`" },
  { pattern: /‸or\b/, expected: "||", hint: "Write `||`" },
  { pattern: /(?<!\w)(?<it>not)\s+‸/, expected: "!", hint: "Write `!condition`" },
  { pattern: /(?<it>‸is\s+not)\b/, expected: "!=", hint: "Write `!=`, as in `x != nil`" },
  { pattern: /‸is\s+(nil|None|null|true|false|True|False)\b/, expected: "==", hint: "Write `==`, as in `x == nil`" },
  { pattern: /‸(is|instanceof)\b/, expected: "==", hint: 'Write `type_of(x) == "int"`' },
  { pattern: /\b(?<it>typeof)\s+‸/, expected: "type_of(…)", hint: "Write `type_of(x)`" },
  { pattern: /‸if\b[^{]*\belse\b/, expected: "a condition first", hint: "Write `condition ? a : b`" },
  {
    pattern: /\S\s*‸if\b[^{]*$/,
    where: /separator/,
    expected: "a condition first",
    hint: "Write `if condition { … }`",
  },
  {
    pattern: /\S\s*‸(else|catch)\b/,
    where: /separator/,
    hint: "Only `if` and `guard` have an `else`, only `try` has a `catch`",
  },
  {
    pattern: /‸as\s+\w/,
    where: /separator|[)\]},]/,
    expected: "a conversion",
    hint: "Convert with `to_int(x)`, `to_float(x)` or `to_string(x)`",
  },
  { pattern: /\w‸!\s*[.;)\s]/, where: /separator|[)\]},]/, hint: "Remove the `!`; write `x?.y` where `x` may be nil" },
  { pattern: /‸"/, where: /member name/, expected: "+", hint: "Write `+` to join strings" },
  { pattern: /‸not\b/, where: /^[{)]$/, hint: "Write `&& !condition`" },
  { pattern: /\bexport\s+‸default\b/, hint: "Write `pub` before a declaration; there are no default exports" },
  { pattern: /\bparallel\s+‸for\b/, hint: "Write `parallel each xs { x -> … }`" },
  {
    pattern: /‸for\b.*\bin\b/,
    where: /expression|[)\]}]/,
    hint: "Write `xs.map({ x -> … })` or `xs.filter({ x -> … })`",
  },
  { pattern: /(^|[^\w"])(?<it>[fFbBuUR])‸"/, expected: "a string", hint: TEMPLATE },
  { pattern: /\b(?<it>0‸[xXbBoO]\w+)/, expected: "a decimal number", hint: NUMBER },
  { pattern: /\b(?<it>[\d.]+‸_\w*)/, expected: "a number", hint: NUMBER },
  { pattern: /\b(?<it>[\d.]+‸[eE]\w*)/, expected: "a number", hint: NUMBER },
  { pattern: /(?<it>‸\.\d+)/, expected: "a number", hint: NUMBER },
  { pattern: /\b\d+(?<it>\.)‸\s*$/, expected: "a number", hint: NUMBER },
  {
    pattern: /\b(\d+\s+)‸?(milliseconds?|seconds?|minutes?|hours?|days?)\b/,
    hint: "Write a duration as `100ms`, `5s`, `10m`, `2h`, `1d` or `1w`",
  },
  { pattern: /\bretry\b.*‸times\b/, hint: "Write `retry 3 { … }`" },
  { pattern: /\b(?<it>new)\s+‸/, expected: "a value", hint: "Write `Name { field: value }`; there is no `new`" },
  {
    pattern: /\b(?<it>await)\s+‸/,
    expected: "await(…)",
    hint: "Write `await(task)` with what `spawn` gave; other calls are waited for anyway",
  },
  { pattern: /\bspawn\s+‸/, hint: "Write `spawn { work() }`" },
  { pattern: /\byield\s*‸\*/, hint: "Write `for x in xs { yield x }`" },
  { pattern: /\bfn\s*‸\*/, hint: "Write `fn name() { … yield … }`, or `gen fn` with `emit` for a stream" },
  { pattern: /‸then\b/, where: /^\{$/, hint: BRACES },
  { pattern: /\w\s*‸!\s*[([{]/, expected: "(", hint: 'Remove the `!`; call it as `println("x: ${x}")`' },
  { pattern: /\[\s*‸::?|\[[^\]]*:[^\]]*‸:/, hint: "Write `xs[from:to]`; there are no steps" },
  // Bindings and loops
  {
    pattern: /\b(?<it>mut)\s+‸/,
    expected: "a variable name",
    hint: "Write `var name = …` for a variable that changes",
  },
  { pattern: /\bfor\b.*(?<it>‸of)\b/, where: /^(in|,)$/, expected: "in", hint: FOR },
  { pattern: /\bfor\s*\(\s*‸(let|var|int)\b/, hint: FOR },
  { pattern: /\bfor\s*\(\s*\w+\s+‸\w+\s+of\b/, expected: "in", hint: FOR },
  { pattern: /\bfor\s*(?<it>\()\s*\w+\s*‸(in|of|=)\b/, where: /^,$/, expected: "a variable name", hint: FOR },
  {
    pattern: /\bfor\s+\w+\s*‸,\s*\w+\s+in\b/,
    hint: "Write `for (key, value) in dict { … }`, or `for (i, x) in iter(xs).enumerate() { … }`",
  },
  { pattern: /\bfor\s+(let|var|each)?\s*\w*\s*‸/, where: /^in$|variable name/, hint: FOR },
  { pattern: /\bfor\b.*‸(until|downto|step)\b/, hint: FOR },
  { pattern: /\b(let|var)\s*‸\(/, hint: "Write `let [a, b] = list` or `let { a, b } = dict`" },
  { pattern: /\b(let|var)\s+\w+\s*‸,/, hint: "Write `let [a, b] = [1, 2]`, or a `let` for each" },
  { pattern: /^\s*\w+\s*‸,\s*\w+.*=/, where: /separator/, hint: "Assign to one variable at a time" },
  {
    pattern: /\(\s*[^()]*‸,[^()]*\)/,
    where: /^\)$/,
    hint: "Write a list, `[a, b]`, or `pair(a, b)`; there are no tuples",
  },
  { pattern: /\w\s*‸\?/, where: /^=$|parameter name|[,)]/, hint: "Write `type | nil` for a value that may be missing" },
  {
    pattern: /\b(let|var)\s+\w+(\s*:\s*[^=]+)?\s*‸\s*$/,
    where: /^=$/,
    hint: "Give it a first value, as in `var x = nil`",
  },
  // Types and declarations
  { pattern: /\bcatch\s+\w+\s*‸:/, hint: "Write `catch (e: Type) { … }`" },
  { pattern: /\)\s*‸:\s*[\w[{]/, where: /^\{$/, expected: "->", hint: "Write the return type as `-> type`" },
  { pattern: /‸:\s*$/, where: /^[{(]$/, hint: BRACES },
  { pattern: /^\s*‸(else|finally|catch)\s*:/, where: /expression/, hint: BRACES },
  { pattern: /^\s*‸(else|finally|catch)\b/, where: /expression/, hint: "Write it behind the `}` that it continues" },
  { pattern: /‸:\s*\w/, where: /^\{$/, hint: BRACES },
  {
    pattern: /^\s*(?:def|fn|func|fun|function)\b.*\)\s*‸[\w[][^(]*\{/,
    where: /^\{$/,
    expected: "->",
    hint: "Write the return type as `-> type`",
  },
  {
    pattern: /(:|->|^\s*type\b.*=)\s*\w+‸\[/,
    hint: "Write `list<type>` or `[type]` for a list, `type | nil` for what may be missing",
  },
  {
    pattern: /‸\[/,
    where: /^=$|parameter name|^[,){]$/,
    hint: "Write `list<type>` or `[type]` for a list, `<T>` for type arguments",
  },
  { pattern: /\bfn\s+\w+\s*‸\[/, hint: "Write type parameters as `<T>`" },
  {
    pattern: /‸\*\*?\w/,
    where: /parameter name/,
    hint: "Write `...args` for the rest of the arguments, and a dict for named ones",
  },
  { pattern: /[([,]\s*‸\*/, where: /expression/, hint: "Write `...xs` to spread a list" },
  {
    pattern: /\(.*\w\s*‸(:|=)\s*[^=]/,
    where: /expression|^\)$/,
    hint: "Pass arguments by position; named ones go into a dict: `f({ a: 1 })`",
  },
  {
    pattern: /\b(?:pipeline|override)\b.*‸:/,
    where: /parameter name/,
    hint: "Name the parameters only; those of a pipeline have no types",
  },
  {
    pattern: /\b(fn|tool|pipeline|override)\s+\w+\s*‸/,
    where: /^\($/,
    hint: "Write the parameters in parentheses, also when there are none: `name()`",
  },
  {
    pattern: /\bstruct\b.*‸extends\b/,
    hint: "Put a field of the other struct's type into it; structs do not extend each other",
  },
  { pattern: /\bimpl\b.*‸for\b/, hint: "Write `impl Type { … }`; a type satisfies an interface by having its methods" },
  { pattern: /‸;/, where: /field name|variant name/, hint: "Separate fields by commas or line breaks" },
  { pattern: /‸pub\b/, where: /field name/, hint: "Remove `pub`; fields can be seen wherever their struct can" },
  { pattern: /‸=/, where: /field name/, hint: "Write a type, `name: type`; fields have no values of their own" },
  {
    pattern: /‸=/,
    where: /variant name/,
    hint: "Remove the value; variants have names and fields, `Circle(radius: float)`, and no numbers",
  },
  { pattern: /^\s*import\s+‸\*/, hint: 'Write `import "path"` for all names of a module' },
  { pattern: /^\s*import\s+‸/, where: /import path/, hint: 'Write `import "path"` or `import { name } from "path"`' },
  { pattern: /^\s*‸from\b/, hint: 'Write `import { name } from "path"`' },
  { pattern: /\bdescription\s*‸[:=]/, hint: 'Write `description "…"`, without a sign between them' },
  { pattern: /\b\w+\s*‸[:=]\s*["[{\d]/, where: /expression/, hint: "Write name and value side by side: `name value`" },
  { pattern: /@\s*‸tool\b/, expected: "attribute name", hint: 'Write `tool name(x: string) { description "…" … }`' },
  // Braces and brackets
  { pattern: /\bif\b.*‸=(?!=)/, where: /^\{$/, expected: "==", hint: "Write `==` to compare" },
  { pattern: /\bguard\b.*‸\{/, where: /^else$/, hint: "Write `guard condition else { … }`" },
  {
    pattern: /\bcatch\s*\(\s*(?<it>\w+)\s+‸\w+\s*\)/,
    expected: "error variable",
    hint: "Write `catch (e: Type) { … }`",
  },
  { pattern: /->\s*‸/, where: /^\{$/, hint: "Write the body of an arm in braces: `1 -> { … }`" },
  {
    pattern: /\b(else|try|catch(\s*\(?\w+\)?)?|finally|defer|mutex)\s*‸|\b(if|while|for)\b.*\)\s*‸/,
    where: /^\{$/,
    hint: BRACES,
  },
  { pattern: /\{\s*(\w+\s*:.*,\s*)?\w+\s*‸=/, where: /^:$/, hint: "Write `:` between key and value" },
  { pattern: /[{,]\s*(?<it>\w+)\s*‸[,}]/, where: /^:$/, expected: "key and value", hint: "Write out `{ name: name }`" },
  {
    pattern: /\{\s*‸?[\w.]+\s*‸\S/,
    where: /^:$/,
    hint: "Write `{ key: value }` for a dict, `{ -> … }` or `{ x -> … }` for a closure",
  },
  {
    pattern: /\.\w+\s*‸\{/,
    where: /separator/,
    expected: "(",
    hint: "Pass closures in parentheses: `xs.map({ x -> x + 1 })`",
  },
  {
    pattern: /[\])"\w]\s*‸\(/,
    where: /separator/,
    hint: "Bind what is to be called to a name first: `let f = …`, then `f(x)`",
  },
  {
    pattern: /‸\/.+\//,
    where: /expression/,
    hint: 'Write `regex_match(r"…", text)`; there are no regular expression literals',
  },
  { pattern: /(?<it>‸<!--)/, expected: "//", hint: "Start a comment with `//`" },
  { pattern: /\bfor\b.*‸\)/, where: /^\{$/, hint: FOR },
  { pattern: /‸[)\]]/, where: /separator/, hint: "Remove it, or open it further up; inside braces close those first" },
  { pattern: /‸\brequire\s*\(/, where: /expression/, hint: 'Write `import "path"` at the top of the file' },
  { pattern: /‸@/, where: /expression/, hint: "Remove the `@`; it begins an attribute of a declaration" },
  { pattern: /‸,/, where: /expression|dict key/, hint: "Remove the comma, or write a value before it" },
];

export interface ForeignHint {
  readonly hint: string;
  readonly expected?: string;
  /** Offsets into the line of what the error is about, where that is not the token at hand. */
  readonly start?: number;
  readonly end?: number;
  readonly wholeLine?: true;
}

/** What to say where `expected` was not found at `offset` of `line`. */
export function foreignForm(line: string, offset: number, expected: string): ForeignHint | undefined {
  const marked = `${line.slice(0, offset)}‸${line.slice(offset)}`;
  for (const form of FORMS) {
    if (form.where !== undefined && !form.where.test(expected)) continue;
    const match = new RegExp(form.pattern, "d").exec(marked);
    if (match === null) continue;
    const it = match.indices?.groups?.["it"];
    return {
      hint: form.hint,
      ...(form.wholeLine === undefined ? {} : { wholeLine: form.wholeLine }),
      ...(form.expected === undefined ? {} : { expected: form.expected }),
      ...(it === undefined ? {} : { start: unmarked(it[0], offset), end: unmarked(it[1], offset) }),
    };
  }
  return undefined;
}

/** An offset into the marked line as one into the line. */
function unmarked(position: number, offset: number): number {
  return position > offset ? position - 1 : position;
}

/** The checker's codes: `HARN-T0xx` type errors, `HARN-T1xx` type warnings, `HARN-N0xx` names inside a file. */

import type { CodeRow, CodeTable } from "../diagnostics/codes.ts";
import type { Severity } from "../diagnostics/diagnostic.ts";

/** How the checker calls its rules; users see the code. */
export type CheckRule =
  | "declaredMismatch"
  | "returnMismatch"
  | "argumentMismatch"
  | "assignmentMismatch"
  | "bindingConflict"
  | "typeArguments"
  | "operator"
  | "nonExhaustiveMatch"
  | "reachableUnreachable"
  | "interfaceNotSatisfied"
  | "varianceViolation"
  | "structFieldMismatch"
  | "enumPayloadMismatch"
  | "emitOutsideStream"
  | "yieldInStream"
  | "emitMismatch"
  | "streamReturnType"
  | "tryStarOutsideFunction"
  | "orPattern"
  | "maxConcurrent"
  | "argumentCount"
  | "unreachableCode"
  | "suspiciousComparison"
  | "patternMismatch"
  | "unknownVariant"
  | "variantArgumentCount"
  | "unknownField"
  | "missingField"
  | "unknownInterfaceMethod"
  | "immutableAssignment"
  | "unknownAttribute"
  | "misplacedAttribute"
  | "unknownAttributeArgument"
  | "attributeArgumentValue"
  | "deprecatedCall"
  | "unknownNotExhausted"
  | "undefinedCall"
  | "unknownStruct"
  | "undefinedVariable"
  | "unknownMember"
  | "unknownOption";

/** A row with an example that gets this diagnostic first, and the same program in order. */
export interface CheckCodeRow extends CodeRow {
  readonly bad: string;
  readonly fixed: string;
}

export const CHECK_RULES: Readonly<Record<CheckRule, CheckCodeRow>> = {
  declaredMismatch: row("HARN-T001", "error", {
    title: "Value does not fit the annotation",
    explanation:
      "A variable, or a parameter's default, is given a value that its annotation does not allow. For shapes the message lists the fields in question.",
    bad: 'let age: int = "forty"\n',
    fixed: "let age: int = 40\n",
  }),
  returnMismatch: row("HARN-T002", "error", {
    title: "Returned value does not fit the return type",
    explanation: "Every `return` of a function with a declared return type must give a value of that type.",
    bad: 'fn count() -> int {\n  return "three"\n}\n',
    fixed: "fn count() -> int {\n  return 3\n}\n",
  }),
  argumentMismatch: row("HARN-T003", "error", {
    title: "Argument does not fit the parameter",
    explanation:
      "The call passes a value that the parameter's annotation does not allow. Arguments of builtins are checked when they run.",
    bad: 'fn half(n: int) {\n  return n / 2\n}\nhalf("ten")\n',
    fixed: "fn half(n: int) {\n  return n / 2\n}\nhalf(10)\n",
  }),
  assignmentMismatch: row("HARN-T004", "error", {
    title: "Assigned value does not fit the variable",
    explanation:
      "A variable keeps the type of its annotation or of its first value. `var x = nil` takes the type of the first other value.",
    bad: 'var total = 0\ntotal = "none"\n',
    fixed: "var total: int | nil = 0\ntotal = nil\n",
  }),
  bindingConflict: row("HARN-T005", "error", {
    title: "Type parameter inferred as two types",
    explanation: "Within one call, each type parameter stands for one type.",
    bad: 'fn pick<T>(a: T, b: T) -> T {\n  return a\n}\npick(1, "two")\n',
    fixed: "fn pick<T>(a: T, b: T) -> T {\n  return a\n}\npick(1, 2)\n",
  }),
  typeArguments: row("HARN-T006", "error", {
    title: "Wrong number of type arguments",
    explanation: "Explicit type arguments must be as many as the function declares, or be left out.",
    bad: "fn same<T>(x: T) -> T {\n  return x\n}\nsame<int, string>(1)\n",
    fixed: "fn same<T>(x: T) -> T {\n  return x\n}\nsame<int>(1)\n",
  }),
  operator: row("HARN-T007", "error", {
    title: "Operator not defined for these operands",
    explanation:
      "`+` takes two numbers, two strings, two lists or two dicts; `*` two numbers, or a string and an int; the other arithmetic operators take numbers. Use interpolation to put a value into text.",
    bad: 'let label = "total: " + 5\n',
    fixed: 'let label = "total: ${5}"\n',
  }),
  nonExhaustiveMatch: row("HARN-T008", "error", {
    title: "Match leaves out a case",
    explanation:
      "A `match` over an enum, a literal union, a tagged shape union or a union of plain types must cover all of it, or end with a `_` arm. An arm with a guard covers nothing.",
    bad: 'enum Light { Red, Green }\nfn act(light: Light) {\n  match light {\n    Light.Red -> { return "stop" }\n  }\n}\n',
    fixed:
      'enum Light { Red, Green }\nfn act(light: Light) {\n  match light {\n    Light.Red -> { return "stop" }\n    Light.Green -> { return "go" }\n  }\n}\n',
  }),
  reachableUnreachable: row("HARN-T009", "error", {
    title: "unreachable() can be reached",
    explanation: "`unreachable(x)` asks the checker to prove that `x` has no values left at this point.",
    bad: 'fn size(x: string | int) -> int {\n  if type_of(x) == "int" { return x }\n  unreachable(x)\n}\n',
    fixed:
      'fn size(x: string | int) -> int {\n  if type_of(x) == "int" { return x }\n  if type_of(x) == "string" { return len(x) }\n  unreachable(x)\n}\n',
  }),
  interfaceNotSatisfied: row("HARN-T010", "error", {
    title: "Type does not satisfy the interface",
    explanation:
      "A `where` bound demands the interface's methods, with fitting parameters and results, in an `impl` block of the type.",
    bad: "interface Named {\n  fn name(self) -> string\n}\nstruct Dog {}\nfn greet<T>(who: T) where T: Named {\n  println(who.name())\n}\ngreet(Dog {})\n",
    fixed:
      'interface Named {\n  fn name(self) -> string\n}\nstruct Dog {}\nimpl Dog {\n  fn name(self) -> string {\n    return "dog"\n  }\n}\nfn greet<T>(who: T) where T: Named {\n  println(who.name())\n}\ngreet(Dog {})\n',
  }),
  varianceViolation: row("HARN-T011", "error", {
    title: "Type parameter in a position its marker forbids",
    explanation:
      "`out T` may only come out (results), `in T` may only go in (parameters). Fields of structs and elements of lists are both, so no marked parameter may stand there.",
    bad: "type Handler<out T> = fn(T) -> nil\n",
    fixed: "type Handler<in T> = fn(T) -> nil\n",
  }),
  structFieldMismatch: row("HARN-T012", "error", {
    title: "Field value does not fit the struct",
    explanation: "The value given for a field is not of the type the struct declares for it.",
    bad: 'struct Point { x: int, y: int }\nlet p = Point { x: 1, y: "two" }\n',
    fixed: "struct Point { x: int, y: int }\nlet p = Point { x: 1, y: 2 }\n",
  }),
  enumPayloadMismatch: row("HARN-T013", "error", {
    title: "Payload value does not fit the variant",
    explanation: "The value given to an enum variant is not of the type the variant declares for it.",
    bad: 'enum Shape { Circle(radius: float) }\nlet s = Shape.Circle("wide")\n',
    fixed: "enum Shape { Circle(radius: float) }\nlet s = Shape.Circle(2.5)\n",
  }),
  emitOutsideStream: row("HARN-T014", "error", {
    title: "emit outside a gen fn",
    explanation: "`emit` hands a value to the consumer of the enclosing stream function; here there is none.",
    bad: "fn numbers() {\n  emit 1\n}\n",
    fixed: "gen fn numbers() {\n  emit 1\n}\n",
  }),
  yieldInStream: row("HARN-T015", "error", {
    title: "yield inside a gen fn",
    explanation: "`yield` belongs to generators, which are plain functions; stream functions use `emit`.",
    bad: "gen fn numbers() {\n  yield 1\n}\n",
    fixed: "gen fn numbers() {\n  emit 1\n}\n",
  }),
  emitMismatch: row("HARN-T016", "error", {
    title: "Emitted value does not fit the stream",
    explanation: "A `gen fn` declared as `Stream<T>` may only emit values of type `T`.",
    bad: 'gen fn numbers() -> Stream<int> {\n  emit "one"\n}\n',
    fixed: "gen fn numbers() -> Stream<int> {\n  emit 1\n}\n",
  }),
  streamReturnType: row("HARN-T017", "error", {
    title: "A gen fn returns a stream",
    explanation: "Calling a `gen fn` gives a `Stream<T>` of what it emits, so that is its return type.",
    bad: "gen fn numbers() -> list<int> {\n  emit 1\n}\n",
    fixed: "gen fn numbers() -> Stream<int> {\n  emit 1\n}\n",
  }),
  tryStarOutsideFunction: row("HARN-T018", "error", {
    title: "try* outside a function",
    explanation: "`try*` rethrows to the caller of the enclosing function; the top level of a file has no caller.",
    bad: 'let config = try* json_parse("{}")\n',
    fixed: 'fn load() {\n  return try* json_parse("{}")\n}\n',
  }),
  orPattern: row("HARN-T019", "error", {
    title: "Or-pattern alternative is not a literal",
    explanation: "The alternatives of `a | b` are literals or `_`. What binds names needs an arm of its own.",
    bad: "fn isLow(n: int, two: int) {\n  match n {\n    1 | two -> { return true }\n    _ -> { return false }\n  }\n}\n",
    fixed: "fn isLow(n: int) {\n  match n {\n    1 | 2 -> { return true }\n    _ -> { return false }\n  }\n}\n",
  }),
  maxConcurrent: row("HARN-T020", "error", {
    title: "max_concurrent is not an int",
    explanation: "`parallel … with { max_concurrent: n }` takes an int; 0 means no limit.",
    bad: 'fn run(xs) {\n  return parallel each xs with { max_concurrent: "two" } { x -> x }\n}\n',
    fixed: "fn run(xs) {\n  return parallel each xs with { max_concurrent: 2 } { x -> x }\n}\n",
  }),
  argumentCount: row("HARN-T101", "warning", {
    title: "Wrong number of arguments",
    explanation: "At run time missing arguments are nil and extra ones are dropped, which is rarely meant.",
    bad: "fn add(a, b) {\n  return a + b\n}\nadd(1)\n",
    fixed: "fn add(a, b) {\n  return a + b\n}\nadd(1, 2)\n",
  }),
  unreachableCode: row("HARN-T102", "warning", {
    title: "Unreachable code",
    explanation:
      "The statement before it always leaves: `return`, `throw`, `break`, `continue`, or an `if` whose both branches do.",
    bad: 'fn f() {\n  return 1\n  println("never")\n}\n',
    fixed: 'fn f() {\n  println("now")\n  return 1\n}\n',
  }),
  suspiciousComparison: row("HARN-T103", "warning", {
    title: "Comparison means little for these types",
    explanation: "Ordering is defined for numbers and for strings; values of unlike types compare as equal.",
    bad: 'let later = "2" < 10\n',
    fixed: "let later = 2 < 10\n",
  }),
  patternMismatch: row("HARN-T104", "warning", {
    title: "Pattern can never match",
    explanation: "The literal is of another type than the matched value, so the arm never runs.",
    bad: 'fn f(n: int) {\n  match n {\n    "one" -> { return true }\n    _ -> { return false }\n  }\n}\n',
    fixed: "fn f(n: int) {\n  match n {\n    1 -> { return true }\n    _ -> { return false }\n  }\n}\n",
  }),
  unknownVariant: row("HARN-T105", "warning", {
    title: "Unknown enum variant",
    explanation: "The enum declares no variant of this name.",
    bad: "enum Light { Red, Green }\nlet light = Light.Gren\n",
    fixed: "enum Light { Red, Green }\nlet light = Light.Green\n",
  }),
  variantArgumentCount: row("HARN-T106", "warning", {
    title: "Wrong number of values for a variant",
    explanation: "An enum variant is built with one value for each field it declares.",
    bad: "enum Shape { Rect(width: float, height: float) }\nlet s = Shape.Rect(1.0)\n",
    fixed: "enum Shape { Rect(width: float, height: float) }\nlet s = Shape.Rect(1.0, 2.0)\n",
  }),
  unknownField: row("HARN-T107", "warning", {
    title: "Unknown struct field",
    explanation: "The struct declares no field of this name.",
    bad: "struct Point { x: int, y?: int }\nlet p = Point { x: 1, z: 2 }\n",
    fixed: "struct Point { x: int, y?: int }\nlet p = Point { x: 1, y: 2 }\n",
  }),
  missingField: row("HARN-T108", "warning", {
    title: "Missing struct field",
    explanation: "A field without `?` must be given when the struct is built.",
    bad: "struct Point { x: int, y: int }\nlet p = Point { x: 1 }\n",
    fixed: "struct Point { x: int, y: int }\nlet p = Point { x: 1, y: 2 }\n",
  }),
  unknownInterfaceMethod: row("HARN-T109", "warning", {
    title: "Method is not in the bound interface",
    explanation: "Of a bounded type parameter only the methods of its bound are known.",
    bad: "interface Named {\n  fn name(self) -> string\n}\nfn greet<T>(who: T) where T: Named {\n  println(who.title())\n}\n",
    fixed:
      "interface Named {\n  fn name(self) -> string\n}\nfn greet<T>(who: T) where T: Named {\n  println(who.name())\n}\n",
  }),
  immutableAssignment: row("HARN-T110", "warning", {
    title: "Assignment to an immutable variable",
    explanation: "Only `var` variables can be assigned to. At run time this is an error.",
    bad: "let n = 1\nn = 2\n",
    fixed: "var n = 1\nn = 2\n",
  }),
  unknownAttribute: row("HARN-T111", "warning", {
    title: "Unknown attribute",
    explanation: "Nothing reads an attribute of this name; it may be misspelt.",
    bad: "@depracated\nfn old() {}\n",
    fixed: "@deprecated\nfn old() {}\n",
  }),
  misplacedAttribute: row("HARN-T112", "warning", {
    title: "Attribute does not apply here",
    explanation: "The attribute has no effect on this kind of declaration.",
    bad: "@step\npipeline build(task) {}\n",
    fixed: "@step\nfn build(task) {}\n",
  }),
  deprecatedCall: row("HARN-T113", "warning", {
    title: "Call of a deprecated function",
    explanation: "The function is marked `@deprecated`; the hint names what to use instead if the mark does.",
    bad: '@deprecated(since: "1.2", use: "fresh")\nfn stale() {}\nfn fresh() {}\nstale()\n',
    fixed: '@deprecated(since: "1.2", use: "fresh")\nfn stale() {}\nfn fresh() {}\nfresh()\n',
  }),
  unknownNotExhausted: row("HARN-T114", "warning", {
    title: "unknown value not narrowed all the way",
    explanation:
      "A path that rules out some `type_of` answers of an `unknown` value and then throws claims that there are no others.",
    bad: 'fn f(v: unknown) -> int {\n  if type_of(v) == "int" { return 1 }\n  throw "cannot be"\n}\n',
    fixed: 'fn f(v: unknown) -> int {\n  if type_of(v) == "int" { return 1 }\n  return 0\n}\n',
  }),
  unknownAttributeArgument: row("HARN-T115", "warning", {
    title: "Unknown argument of an attribute",
    explanation: "`@step` and `@persona` read arguments of certain names only; this one has no effect.",
    bad: "@step(budgets: {max_tokens: 2000})\nfn plan(goal) {}\n",
    fixed: "@step(budget: {max_tokens: 2000})\nfn plan(goal) {}\n",
  }),
  attributeArgumentValue: row("HARN-T116", "warning", {
    title: "Argument of an attribute cannot be read",
    explanation: "A value of the wrong type or range counts as not given: a step would run without the limit meant.",
    bad: "@step(budget: {max_tokens: 0})\nfn plan(goal) {}\n",
    fixed: "@step(budget: {max_tokens: 2000})\nfn plan(goal) {}\n",
  }),
  unknownMember: row("HARN-T117", "warning", {
    title: "Builtin type has no such member",
    explanation:
      "Lists, strings, sets and ranges have the methods that the reference lists and no others. Asking for another one is no error at run time: it gives nil. Reported where the name is close to one that is there, or is what another language calls it.",
    bad: "let doubled = [1, 2].mapp({ x -> x * 2 })\n",
    fixed: "let doubled = [1, 2].map({ x -> x * 2 })\n",
  }),
  unknownOption: row("HARN-T118", "warning", {
    title: "Option is misspelt",
    explanation:
      "The builtin reads options of certain names from this dict, which `harn doc NAME` lists; most take no notice of a key of another name. Reported where a key that is written out is nearly the name of an option that is not given.",
    bad: 'agent_loop("Tidy up", nil, {max_iteration: 3})\n',
    fixed: 'agent_loop("Tidy up", nil, {max_iterations: 3})\n',
  }),
  undefinedCall: row("HARN-N001", "error", {
    title: "Call of an undefined name",
    explanation:
      "No function, struct, builtin or import of this name is in sight. Reported only when all imports could be resolved.",
    bad: 'prinltn("hello")\n',
    fixed: 'println("hello")\n',
  }),
  unknownStruct: row("HARN-N002", "error", {
    title: "Unknown struct",
    explanation: "A struct literal needs a declaration of the struct.",
    bad: "struct Point { x: int }\nlet p = Piont { x: 1 }\n",
    fixed: "struct Point { x: int }\nlet p = Point { x: 1 }\n",
  }),
  undefinedVariable: row("HARN-N003", "warning", {
    title: "Undefined variable",
    explanation:
      "No variable, function, type or import of this name is in sight, so that reading it or assigning to it is an error at run time. Reported only when all imports could be resolved.",
    bad: 'let message = "hello"\nprintln(mesage)\n',
    fixed: 'let message = "hello"\nprintln(message)\n',
  }),
};

export const CHECK_CODES: CodeTable = Object.values(CHECK_RULES);

function row(code: string, severity: Severity, rest: Omit<CheckCodeRow, "code" | "severity">): CheckCodeRow {
  return { code, severity, ...rest };
}

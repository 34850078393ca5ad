/**
 * The only place that knows an opcode. Encoder, disassembler, verifier and reference page derive from this table; the
 * interpreter's `switch` uses the numbers as literals (V8 builds a jump table only for literals): after a change here run
 * `scripts/number-opcodes.mjs`. A test checks that every `case` carries the number that this table gives its name.
 *
 * Code is a sequence of 32-bit words: the opcode, then its operands. Operand kinds:
 * - `w` register that is written, `r` register that is read, `x` register read and written;
 * - `a` first register of a block of arguments whose length is the next operand `n`;
 * - `k` index into the function's constants, `f` into its nested functions, `g` module slot, `b` index into its
 *   native names;
 * - of the constants, `s` a string, `o` a string or nil, `e` the kind of an error, `l` a list of strings, `y` the layout of
 *   a struct, `p` the type of a parameter;
 * - `i` a 32-bit integer, `n` a count, `t` a jump target (absolute word index in the same function).
 */

export type ConstantOperand = "k" | "s" | "o" | "e" | "l" | "y" | "p";
export type OperandKind = "w" | "r" | "x" | "a" | "n" | ConstantOperand | "f" | "g" | "b" | "i" | "t";

export interface OpcodeInfo {
  readonly code: number;
  readonly name: string;
  readonly operands: readonly OperandKind[];
  /** One line: what it does, `before → after` style where that helps. */
  readonly doc: string;
  /** Control never falls through to the next instruction. */
  readonly ends: boolean;
}

const rows: readonly (readonly [name: string, operands: string, doc: string])[] = [
  // ---- moves
  ["LoadConst", "w k", "register ← constant"],
  ["LoadInt", "w i", "register ← small int"],
  ["LoadNil", "w", "register ← nil"],
  ["LoadTrue", "w", "register ← true"],
  ["LoadFalse", "w", "register ← false"],
  ["Move", "w r", "hand a temporary on; its container keeps its owner"],
  ["Copy", "w r", "store a variable's value a second time: a container becomes shared"],
  ["LoadGlobal", "w g s", "read a module slot (name for the error when unset); a container becomes shared"],
  ["BorrowGlobal", "w g s", "read a module slot to change it in place"],
  ["StoreGlobal", "g r", "write a module slot"],
  ["NewCell", "w", "register ← fresh unset cell, for names that closures see before they are set"],
  ["LoadCell", "w r s", "read a cell (name for the error when unset)"],
  ["StoreCell", "r r", "write a cell"],
  ["Closure", "w f", "register ← closure; captured registers are listed in the function"],
  ["LoadNative", "w b o", "register ← builtin or global as a value (closest variable name, for the error)"],
  // ---- arithmetic
  ["Add", "w r r", "left + right"],
  ["Sub", "w r r", "left - right"],
  ["Mul", "w r r", "left * right"],
  ["Div", "w r r", "left / right"],
  ["Mod", "w r r", "left % right"],
  ["Pow", "w r r", "left ** right"],
  ["AddInt", "w r i", "left + small int"],
  ["Neg", "w r", "-operand"],
  ["Not", "w r", "!operand"],
  ["AddTo", "x r", "variable + right into the variable; an unshared list grows in place"],
  ["Eq", "w r r", "left == right"],
  ["Ne", "w r r", "left != right"],
  ["Lt", "w r r", "left < right"],
  ["Le", "w r r", "left <= right"],
  ["Gt", "w r r", "left > right"],
  ["Ge", "w r r", "left >= right"],
  ["In", "w r r", "needle in haystack"],
  ["Truthy", "w r", "register ← truth of operand"],
  // ---- jumps
  ["Jump", "t", "go to target"],
  ["Loop", "t", "back-edge: safepoint, then go to target"],
  ["JumpIf", "r t", "go if truthy"],
  ["JumpIfNot", "r t", "go if falsy"],
  ["JumpIfNil", "r t", "go if nil"],
  ["JumpIfNotNil", "r t", "go if not nil"],
  ["JumpIfNotEq", "r r t", "go unless left == right"],
  ["JumpIfNotNe", "r r t", "go unless left != right"],
  ["JumpIfNotLt", "r r t", "go unless left < right"],
  ["JumpIfNotLe", "r r t", "go unless left <= right"],
  ["JumpIfNotGt", "r r t", "go unless left > right"],
  ["JumpIfNotGe", "r r t", "go unless left >= right"],
  ["JumpIfNotEqInt", "r i t", "go unless left == small int"],
  ["JumpIfNotNeInt", "r i t", "go unless left != small int"],
  ["JumpIfNotLtInt", "r i t", "go unless left < small int"],
  ["JumpIfNotLeInt", "r i t", "go unless left <= small int"],
  ["JumpIfNotGtInt", "r i t", "go unless left > small int"],
  ["JumpIfNotGeInt", "r i t", "go unless left >= small int"],
  ["JumpIfArg", "i t", "go if the caller passed more than i arguments"],
  ["JumpIfNotType", "r s t", "go unless type_of(value) is the named type"],
  ["JumpIfShorter", "r n t", "go if the list has fewer than n items"],
  ["JumpIfNotVariant", "r s s t", "go unless value is Enum.Variant"],
  // ---- data
  ["List", "w a n", "list of n registers"],
  ["Dict", "w l a n", "dict of n values under the constant list of keys"],
  ["ListPush", "x r", "append to a list under construction"],
  ["ListSpread", "x r", "append all items of a list"],
  ["DictSet", "x r r", "set a computed key of a dict under construction"],
  ["DictSpread", "x r", "merge a dict into one under construction"],
  ["GetProp", "w r s", "value.name"],
  ["GetPropOpt", "w r s", "value?.name"],
  ["SetProp", "x s r", "variable.name ← value, copying the container first when shared"],
  ["BorrowProp", "w x s", "child of an owned container, itself owned, for a nested write"],
  ["GetIndex", "w r r", "value[index]"],
  ["GetIndexOpt", "w r r", "value?[index]"],
  ["SetIndex", "x r r", "variable[index] ← value, copying the container first when shared"],
  ["BorrowIndex", "w x r", "child of an owned container, itself owned, for a nested write"],
  ["Slice", "w r r r", "value[from:to]"],
  ["Range", "w r r i", "from to to; i = 1 when exclusive"],
  ["Concat", "w a n", "string of the display texts of n registers"],
  ["Enum", "w s s a n", "Enum.Variant(fields)"],
  ["EnumField", "w r i", "i-th field of an enum value"],
  ["Struct", "w y r", "struct of the constant layout from a dict of fields"],
  ["DefineMethod", "s s r", "method of a struct or enum type (type name, method name, closure)"],
  ["AssertDict", "r", "error unless the value can be destructured with { }"],
  ["AssertList", "r", "error unless the value can be destructured with [ ]"],
  ["DictRest", "w r l", "dict without the constant list of keys"],
  ["CheckParam", "r s p", "error unless the argument has the constant type (name, type)"],
  // ---- calls
  ["Call", "w r a n", "callee(arguments)"],
  ["CallGlobal", "w g a n", "function of a module slot"],
  ["CallNative", "w b a n", "builtin(arguments)"],
  ["CallMethod", "w r s a n", "receiver.name(arguments)"],
  ["CallMethodOpt", "w r s a n", "receiver?.name(arguments)"],
  ["CallMethodOn", "x s a n", "variable ← variable.name(arguments), in place when it is unshared"],
  ["CallSpread", "w r r", "callee(...list)"],
  ["CallNativeSpread", "w b r", "builtin(...list)"],
  ["CallMethodSpread", "w r s r", "receiver.name(...list)"],
  ["Pipe", "w r r", "value |> callee"],
  ["TailCall", "r a n", "return callee(arguments), in the caller's frame"],
  ["TailCallGlobal", "g a n", "return function(arguments), in the caller's frame"],
  ["Return", "r", "leave the function"],
  ["ReturnNil", "", "leave the function with nil"],
  // ---- errors
  ["Throw", "r", "throw a value"],
  ["Rethrow", "r", "throw the error that a handler caught, unchanged"],
  ["Raise", "e s", "fail with a known error (kind, message)"],
  ["CatchValue", "w r", "the language value of a caught error"],
  ["JumpIfNotError", "r s t", "go unless the caught error is of the named type"],
  ["WrapOk", "w r", "Result.Ok(value), or the value if it is a Result"],
  ["WrapErr", "w r", "Result.Err(value of a caught error)"],
  ["Unwrap", "w r t", "Ok: register ← payload, go; Err: fall through"],
  // ---- iteration
  ["ForInit", "w r", "start iterating over a value"],
  ["ForNext", "r w t", "next item, skipping the following instruction, or go when exhausted"],
  ["ExitIfDone", "r t", "go if a slow ForNext delivered the end mark"],
  ["ForEnd", "r", "the loop over a temporary is left: a stream that nobody else holds is closed"],
  ["Yield", "w r", "hand a value to the consumer of this generator or stream"],
  // ---- scopes
  ["DeadlineEnter", "r", "open a deadline scope"],
  ["MutexEnter", "s", "wait for a mutex and open its scope"],
  ["ScopeExit", "n", "close the n innermost scopes"],
];

const terminal = new Set([
  "Jump",
  "Loop",
  "TailCall",
  "TailCallGlobal",
  "Return",
  "ReturnNil",
  "Throw",
  "Rethrow",
  "Raise",
]);

/** All opcodes, by number. */
export const opcodes: readonly OpcodeInfo[] = rows.map(([name, operands, doc], code) => ({
  code,
  name,
  operands: operands === "" ? [] : (operands.split(" ") as OperandKind[]),
  doc,
  ends: terminal.has(name),
}));

const byName = new Map(opcodes.map((info) => [info.name, info]));

/** The opcode with a name; an unknown name is a programming error. */
export function opcode(name: string): OpcodeInfo {
  const info = byName.get(name);
  if (!info) throw new RangeError(`Unknown opcode \`${name}\``);
  return info;
}

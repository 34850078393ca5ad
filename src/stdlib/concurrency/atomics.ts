/** Atomics: an int in a box that all tasks share. */

import { Float, type Int, int, intFromNumber, isInt, Opaque, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

export class Atomic extends Opaque {
  readonly typeName = "atomic";
  value: Int;
  constructor(value: Int) {
    super();
    this.value = value;
  }
  display(): string {
    return `<atomic:${this.value}>`;
  }
  override equals(other: Opaque): boolean {
    return other instanceof Atomic && other.value === this.value;
  }
}

function initial(value: Value): Int {
  if (isInt(value)) return value;
  if (value instanceof Float) return intFromNumber(value.value);
  return value === true ? 1 : 0;
}

export const atomicBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "atomic(initial?: int) -> atomic",
      summary: "Make an int that all tasks share",
      example: "println(atomic_get(atomic(3)))",
    },
    ([value]) => new Atomic(initial(value)),
  ),
  pure(
    {
      signature: "atomic_get(cell: atomic) -> int",
      summary: "Read an atomic",
      example: "println(atomic_get(atomic(3)))",
    },
    ([cell]) => (cell instanceof Atomic ? cell.value : undefined),
  ),
  pure(
    {
      signature: "atomic_set(cell: atomic, value: int) -> int",
      summary: "Write an atomic and give back what it held",
      example: "let n = atomic(1)\nprintln(atomic_set(n, 5))",
    },
    ([cell, value]) => {
      if (!(cell instanceof Atomic) || !isInt(value)) return undefined;
      const old = cell.value;
      cell.value = value;
      return old;
    },
  ),
  pure(
    {
      signature: "atomic_add(cell: atomic, delta: int) -> int",
      summary: "Add to an atomic and give back what it held before",
      example: "let n = atomic(1)\natomic_add(n, 5)\nprintln(atomic_get(n))",
    },
    ([cell, delta]) => {
      if (!(cell instanceof Atomic) || !isInt(delta)) return undefined;
      const old = cell.value;
      cell.value = int(BigInt(old) + BigInt(delta));
      return old;
    },
  ),
  pure(
    {
      signature: "atomic_cas(cell: atomic, expected: int, value: int) -> bool",
      summary: "Write an atomic if it holds what is expected; tell whether it did",
      example: "println(atomic_cas(atomic(1), 1, 2))",
    },
    ([cell, expected, value]) => {
      if (!(cell instanceof Atomic) || !isInt(value) || cell.value !== expected) return false;
      cell.value = value;
      return true;
    },
  ),
];

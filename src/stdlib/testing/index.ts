/** Assertions. A failed one throws its message as a string. */

import { display, equal, isTruthy, Thrown } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

export const assertionBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "assert(condition: any, message?: string)",
      summary: "Throw unless the condition is truthy",
      errors: "Throws the message, `Assertion failed` when there is none",
      example: 'assert(1 < 2, "arithmetic")',
    },
    ([condition, message]) => {
      if (!isTruthy(condition)) throw new Thrown(message === undefined ? "Assertion failed" : display(message));
      return undefined;
    },
  ),
  pure(
    {
      signature: "assert_eq(actual: any, expected: any, message?: string)",
      summary: "Throw unless two values are equal",
      errors: "Throws the message, or both values",
      example: "assert_eq(1 + 1, 2)",
    },
    (args) => {
      const [actual, expected, message] = args;
      if (args.length < 2) throw new Thrown("assert_eq requires at least 2 arguments");
      if (equal(actual, expected)) return undefined;
      const text = `Assertion failed: expected ${display(expected)}, got ${display(actual)}`;
      throw new Thrown(message === undefined ? text : display(message));
    },
  ),
  pure(
    {
      signature: "assert_ne(actual: any, unexpected: any, message?: string)",
      summary: "Throw when two values are equal",
      errors: "Throws the message, or the value",
      example: "assert_ne(1, 2)",
    },
    (args) => {
      const [actual, unexpected, message] = args;
      if (args.length < 2) throw new Thrown("assert_ne requires at least 2 arguments");
      if (!equal(actual, unexpected)) return undefined;
      const text = `Assertion failed: values should not be equal: ${display(actual)}`;
      throw new Thrown(message === undefined ? text : display(message));
    },
  ),
];

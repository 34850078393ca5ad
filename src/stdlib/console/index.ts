/** Printing. A child task's output is kept until its parent collects it. */

import { display, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

function line(value: Value): string {
  return `${display(value)}\n`;
}

export const consoleBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "println(value?: any)",
      summary: "Print a value and a line break",
      effects: ["console"],
      example: 'println("hi")',
    },
    (args, { task }) => {
      task.output.write(args.length === 0 ? "\n" : line(args[0]));
      return undefined;
    },
  ),
  pure(
    {
      signature: "print(value?: any)",
      summary: "Print a value",
      effects: ["console"],
      example: 'print("no line break")',
    },
    ([value], { task }) => {
      task.output.write(display(value));
      return undefined;
    },
  ),
  pure(
    {
      signature: "log(value: any)",
      summary: "Print a value with the prefix `[harn] `",
      effects: ["console"],
      example: "log(1 + 1)",
    },
    ([value], { task }) => {
      task.output.write(`[harn] ${line(value)}`);
      return undefined;
    },
  ),
];

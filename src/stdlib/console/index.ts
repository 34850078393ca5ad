/** Printing, logging, and talking to the terminal. */

import { display, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";
import { loggingBuiltins } from "./logging.ts";
import { progressBuiltins } from "./progress.ts";
import { terminalBuiltins } from "./terminal.ts";
import { tracingBuiltins } from "./tracing.ts";

function line(value: Value): string {
  return `${display(value)}\n`;
}

/** A child task's output is kept until its parent collects it. */
const printing: readonly Builtin[] = [
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
    (args, { task }) => {
      if (args.length > 0) task.output.write(display(args[0]));
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

export const consoleBuiltins: readonly Builtin[] = [
  ...printing,
  ...terminalBuiltins,
  ...loggingBuiltins,
  ...progressBuiltins,
  ...tracingBuiltins,
];

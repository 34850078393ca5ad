import { display, EnumValue, isInt, type Value } from "../../vm/index.ts";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

/** What a program's value means for the shell: an int is the exit code, `Result.Err` is a failure, all else is success. */
export function exitCodeOf(context: Pick<CliContext, "err">, value: Value): number {
  if (isInt(value)) return Number(BigInt.asUintN(8, BigInt(value)));
  if (value instanceof EnumValue && value.type.name === "Result" && value.variant === "Err") {
    context.err(`error: ${display(value)}\n`);
    return exitCodes.failed;
  }
  return exitCodes.ok;
}

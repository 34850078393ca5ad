/** The language tools on the command line. Every tool's code is loaded when it is asked for. */

import type { Command } from "commander";
import type { CliContext } from "./context.ts";
import { positiveInteger, wholeNumber } from "./option-values.ts";

export const testDescription = `Runs tests: pipelines named test_… or marked @test, and recordings (*.recording.jsonl). Each runs on
a machine of its own, with scripted model answers (provider \`mock\`) unless HARN_LLM_PROVIDER says otherwise, and
passes when it ends without an error:

  pipeline test_adds(task) {
    assert_eq(1 + 2, 3)
  }`;

/** @param finish told the exit code of the tool that ran */
export function addTools(program: Command, context: CliContext, finish: (exitCode: number) => void): void {
  addFuzz(program, context, finish);
}

function addFuzz(program: Command, context: CliContext, finish: (exitCode: number) => void): void {
  program
    .command("fuzz")
    .summary("attack this implementation")
    .description(
      "Generates programs and damages them, and looks for what must not happen: a crash, a hang, a program that\nchanges its meaning when formatted, code that the verifier refuses, a task left over. What breaks something is made\nsmall and written to a folder. With files, judges these instead of making some.",
    )
    .argument("[files...]", "inputs to judge as they are")
    .option("--target <names>", "lexer, parser, checker, linter, formatter, verifier, loader, vm (default: all)")
    .option("--seconds <n>", "how long (default: 10, or as long as --cases takes)", positiveInteger)
    .option("--cases <n>", "cases of each target at most", positiveInteger)
    .option("--seed <n>", "of the first case; the same seed makes the same cases", wholeNumber)
    .option("--out <folder>", "where findings go", "fuzz-findings")
    .option("--jobs <n>", "processes at once (default: one per core, at most 4)", positiveInteger)
    .option("--json", "results as JSON on stdout")
    .addHelpText(
      "after",
      `
Examples:
  harn fuzz --seconds 600                       ten minutes of everything
  harn fuzz --target parser --seed 4711 --cases 1   one case again
  harn fuzz fuzz-findings/*.harn                what was found: is it mended?`,
    )
    .action(async (files: string[], options: { out: string }) =>
      finish(await (await import("./commands/fuzz.ts")).fuzzCommand(context, files, options)),
    );
}

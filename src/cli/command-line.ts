/**
 * The command line: what there is, with the help that goes with it. Every command's code is loaded when it is asked for.
 */

import { Command, InvalidArgumentError, Option } from "commander";
import { packageVersion } from "./commands/version.ts";
import type { CliContext } from "./context.ts";

const exitCodeHelp = `
Exit codes:
  0    all is well (a program that ends with an int chooses its own)
  1    the program failed, or a check, test or formatter found something
  2    the command line was not understood
  70   a fault of harn itself
  130  stopped by Ctrl-C

Examples:
  harn run agent.harn -- input.txt      run a program; it finds input.txt in argv
  harn run -e 'println(6 * 7)'          run a line
  harn check src && harn fmt src        check, then lay out, every file of a folder
  harn explain HARN-P001                what a diagnostic means
  harn doc split                        what a builtin does`;

/** @param finish told the exit code of the command that ran */
export function createCommandLine(context: CliContext, finish: (exitCode: number) => void): Command {
  const program = new Command("harn")
    .description("The Harn agent language: programs that call models and tools, run step by step")
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: context.out, writeErr: context.err })
    .showHelpAfterError("(harn --help shows how)")
    .version(`harn ${packageVersion()}`, "-V, --version", "print the version")
    .addHelpText("after", exitCodeHelp);

  program
    .command("run")
    .summary("run a program")
    .description("Checks, compiles and runs a program. What stands after -- is the program's argv.")
    .usage("[options] <file> [-- args...]")
    .argument("[file]", "the program")
    .argument("[args...]")
    .option("-e, --eval <code>", "run this code instead of a file")
    .option("-p, --pipeline <name>", "run this pipeline (default: `default`, else the first)")
    .option("--llm-mock <file>", "answer model calls from this JSONL script, in order")
    .option("--record <folder>", "keep what the run does, to replay or resume it")
    .passThroughOptions()
    .action(
      async (
        file: string | undefined,
        args: string[],
        options: { eval?: string; pipeline?: string; llmMock?: string; record?: string },
      ) => {
        const { runCommand } = await import("./commands/run.ts");
        // With -e the first word is an argument of the program.
        const rest = options.eval !== undefined && file !== undefined ? [file, ...args] : args;
        if (file === undefined && options.eval === undefined)
          program.error("harn: expected a file or -e <code>", { exitCode: 2 });
        finish(
          await runCommand(context, options.eval === undefined ? file : undefined, {
            args: rest[0] === "--" ? rest.slice(1) : rest,
            ...options,
          }),
        );
      },
    );

  program
    .command("replay")
    .summary("play a recorded run back")
    .description("Runs the program against its recording: same answers, same order, nothing outside asked or changed.")
    .argument("<run>", "the .jsonl file that `harn run --record` named")
    .action(async (file: string) =>
      finish(await (await import("./commands/recorded.ts")).replayCommand(context, file)),
    );

  program
    .command("resume")
    .summary("go on with a run that was cut off")
    .description("What the run had done is answered from its recording; from its end on it goes on for real.")
    .argument("<run>", "the .jsonl file that `harn run --record` named")
    .action(async (file: string) =>
      finish(await (await import("./commands/recorded.ts")).resumeCommand(context, file)),
    );

  program
    .command("runs")
    .summary("look at recorded runs")
    .description("Of a folder, the list of runs, newest first; of a run's file, what it did, task by task.")
    .argument("<path>", "a folder of runs, or a run's .jsonl file")
    .option("--json", "as JSON on stdout")
    .action(async (path: string, options: object) =>
      finish(await (await import("./commands/recorded.ts")).runsCommand(context, path, options)),
    );

  program
    .command("check")
    .summary("find mistakes without running")
    .description("Reads, resolves imports, checks types and compiles. Folders mean every .harn file below.")
    .argument("[paths...]", "files and folders (default: this folder)")
    .option("--json", "diagnostics as JSON on stdout")
    .option("--strict", "warnings fail too")
    .action(async (paths: string[], options: object) =>
      finish(await (await import("./commands/check.ts")).checkCommand(context, paths, options)),
    );

  program
    .command("fmt")
    .summary("lay out source text")
    .description("Rewrites files in canonical layout. `-` formats stdin to stdout.")
    .argument("[paths...]", "files and folders (default: this folder)")
    .option("--check", "change nothing; fail when something would change")
    .action(async (paths: string[], options: object) =>
      finish(await (await import("./commands/fmt.ts")).fmtCommand(context, paths, options)),
    );

  program
    .command("lint")
    .summary("find what is legal and yet likely wrong")
    .argument("[paths...]", "files and folders (default: this folder)")
    .option("--fix", "mend what needs no decision")
    .option("--json", "findings as JSON on stdout")
    .action(async (paths: string[], options: object) =>
      finish(await (await import("./commands/lint.ts")).lintCommand(context, paths, options)),
    );

  const test = program
    .command("test")
    .summary("run tests")
    .description("Runs the pipelines of the given files that are named test_… or marked @test, each on its own.")
    .argument("[paths...]", "files and folders (default: this folder)")
    .option("--filter <text>", "only tests whose name contains this (also a|b, globs, re:pattern)")
    .option("--timeout <ms>", "milliseconds for each test", positiveInteger, 30_000)
    .option("--json", "results as JSON on stdout")
    .action(async (paths: string[], options: { timeout: number }) =>
      finish(await (await import("./commands/test.ts")).testCommand(context, paths, options)),
    );
  test
    .command("conformance")
    .summary("judge this implementation by a folder of programs")
    .description("Runs every program of a folder that has an .expected or .error file beside it and compares.")
    .argument("<folder>", "the suite")
    .option("--filter <text>", "only programs whose path contains this (also a|b, globs, re:pattern)")
    .option("--select <path>", "only what is below this file or folder of the suite")
    .addOption(new Option("--timeout <ms>", "milliseconds for each program").argParser(positiveInteger).default(30_000))
    .option("--jobs <n>", "programs at once (default: one per core, at most 8)", positiveInteger)
    .option("--cwd <folder>", "folder that the programs run in (default: this one)")
    .option("--exact", "errors must be the expected text, not contain it")
    .option("--update", "rewrite expectations with what happened")
    .option("--json <file>", "write the results as JSON")
    .option("--junit <file>", "write the results as JUnit XML")
    .option("--verbose", "name every program")
    .option("--timing", "name the slowest programs")
    .action(async (folder: string, options: { timeout: number }) =>
      finish(await (await import("./commands/conformance.ts")).conformanceCommand(context, folder, options)),
    );

  program
    .command("explain")
    .summary("say what a diagnostic means")
    .argument("[code]", "such as HARN-P001; without it, the list of all")
    .option("--json", "as JSON on stdout")
    .action(async (code: string | undefined, options: object) =>
      finish(await (await import("./commands/explain.ts")).explainCommand(context, code, options)),
    );

  program
    .command("doc")
    .summary("say what a builtin does")
    .argument("[name]", "the builtin; without it, the list of all")
    .option("--json", "as JSON on stdout")
    .action(async (name: string | undefined, options: object) =>
      finish(await (await import("./commands/doc.ts")).docCommand(context, name, options)),
    );

  program
    .command("version")
    .summary("print the version")
    .option("--json", "as JSON on stdout")
    .action(async (options: object) =>
      finish(await (await import("./commands/version.ts")).versionCommand(context, options)),
    );
  return program;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0) throw new InvalidArgumentError("Expected a positive whole number.");
  return value;
}

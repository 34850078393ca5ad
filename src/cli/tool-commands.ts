/** The tools of the language on the command line. Every tool's code is loaded when it is asked for. */

import type { Command } from "commander";
import type { CliContext } from "./context.ts";
import { oneOf, positiveInteger, wholeNumber } from "./option-values.ts";

type Finish = (exitCode: number) => void;

/** @param finish told the exit code of the tool that ran */
export function addTools(program: Command, context: CliContext, finish: Finish): void {
  addCheck(program, context, finish);
  addFmt(program, context, finish);
  addLint(program, context, finish);
  addTest(program, context, finish);
  addBench(program, context, finish);
  addNew(program, context, finish);
  addRepl(program, context, finish);
  addFuzz(program, context, finish);
  addExplain(program, context, finish);
  addDoc(program, context, finish);
}

function addCheck(program: Command, context: CliContext, finish: Finish): void {
  program
    .command("check")
    .summary("find mistakes without running")
    .description(
      "Reads, resolves imports, checks types and compiles. Folders mean every .harn file below; `-` is stdin.",
    )
    .argument("[paths...]", "files and folders (default: this folder)")
    .option("--json", "diagnostics as JSON on stdout")
    .option("--strict", "warnings fail too")
    .option("--watch", "again after every change, until Ctrl-C")
    .addHelpText(
      "after",
      `
Exit codes: 0 nothing found, or warnings only; 1 an error (with --strict: a warning too)

Examples:
  harn check                          every file of this folder
  harn check --watch src              again whenever a file is saved
  harn check --json . | jq '.[].code' for scripts`,
    )
    .action(async (paths: string[], options: object) =>
      finish(await (await import("./commands/check.ts")).checkCommand(context, paths, options)),
    );
}

function addFmt(program: Command, context: CliContext, finish: Finish): void {
  program
    .command("fmt")
    .summary("lay out source text")
    .description("Rewrites files in canonical layout. `-` formats stdin to stdout.")
    .argument("[paths...]", "files and folders (default: this folder)")
    .option("--check", "change nothing; fail when something would change")
    .option("--json", "what was changed and what could not be formatted, as JSON on stdout")
    .addHelpText(
      "after",
      `
A file is replaced as a whole; one with syntax errors stays as it is, and the others are formatted all the same.

Exit codes: 0 all are formatted; 1 a file could not be read or parsed, or with --check would change

Examples:
  harn fmt                    every file of this folder
  harn fmt --check src        for CI
  harn fmt - < a.harn         for editors`,
    )
    .action(async (paths: string[], options: object) =>
      finish(await (await import("./commands/fmt.ts")).fmtCommand(context, paths, options)),
    );
}

function addLint(program: Command, context: CliContext, finish: Finish): void {
  program
    .command("lint")
    .summary("find what is legal and yet likely wrong")
    .description("Looks at files one by one, without types. `-` is stdin. `harn explain HARN-L001` tells of a rule.")
    .argument("[paths...]", "files and folders (default: this folder)")
    .option("--fix", "mend what needs no decision")
    .option("--json", "findings as JSON on stdout")
    .addHelpText(
      "after",
      `
Exit codes: 0 nothing found, or nothing left; 1 there is a finding

Examples:
  harn lint src               every file of a folder
  harn lint --fix agent.harn  mend, and tell what is left`,
    )
    .action(async (paths: string[], options: object) =>
      finish(await (await import("./commands/lint.ts")).lintCommand(context, paths, options)),
    );
}

const testDescription = `Runs tests: pipelines named test_… or marked @test, and recordings (*.recording.jsonl). Each runs on a machine of its own, with scripted model answers (provider \`mock\`) unless HARN_LLM_PROVIDER says otherwise, and passes when it ends without an error:

  pipeline test_adds(task) {
    assert_eq(1 + 2, 3)
  }`;

function addTest(program: Command, context: CliContext, finish: Finish): void {
  const test = program
    .command("test")
    .summary("run tests")
    .description(testDescription)
    .argument("[paths...]", "files and folders (default: this folder)")
    .option("--filter <text>", "only tests whose name, or file:name, contains this (also a|b, globs, re:pattern)")
    .option(
      "--parallel [n]",
      "several at once, each in a process of its own (default: one per core, at most 8)",
      positiveInteger,
    )
    .option("--timeout <ms>", "milliseconds for each test", positiveInteger, 30_000)
    .option("--junit <file>", "write the results as JUnit XML")
    .option("--json", "results as JSON on stdout")
    .option("--verbose", "show what passing tests printed")
    .option("--watch", "again after every change, until Ctrl-C")
    .addHelpText(
      "after",
      `
Exit codes: 0 all passed; 1 one failed, or a file with tests does not compile; 2 there is no such test

Examples:
  harn test                           every test of this folder
  harn test --filter 'adds|parses'    some of them
  harn test --parallel --junit r.xml  for CI
  harn test --watch src               again whenever a file is saved`,
    )
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
    .option("--timeout <ms>", "milliseconds for each program", positiveInteger, 30_000)
    .option("--jobs <n>", "programs at once (default: one per core, at most 8)", positiveInteger)
    .option("--cwd <folder>", "folder that the programs run in (default: this one)")
    .option("--exact", "errors must be the expected text, not contain it")
    .option(
      "--layout <how>",
      "lay every program out anew before it runs: formatted, narrow or rough",
      oneOf("formatted", "narrow", "rough"),
    )
    .option("--update", "rewrite expectations with what happened")
    .option("--json <file>", "write the results as JSON")
    .option("--junit <file>", "write the results as JUnit XML")
    .option("--verbose", "name every program")
    .option("--timing", "name the slowest programs")
    .action(async (folder: string, options: { timeout: number }) =>
      finish(await (await import("./commands/conformance.ts")).conformanceCommand(context, folder, options)),
    );
}

function addBench(program: Command, context: CliContext, finish: Finish): void {
  program
    .command("bench")
    .summary("measure how long a program takes")
    .description(
      "Runs pipelines named bench_… or marked @bench, or the whole file when it has none, until the median is steady. Each run is on a machine of its own; model calls are answered by the provider `mock`, and what is printed is dropped.",
    )
    .argument("<file>", "the program")
    .option("--filter <text>", "only benchmarks whose name contains this (also a|b, globs, re:pattern)")
    .option("--seconds <n>", "for each benchmark, at most", positiveInteger, 5)
    .option("--runs <n>", "so many runs of each, instead of as many as it takes", positiveInteger)
    .option("--json", "results as JSON on stdout")
    .option("--compare <file>", "an earlier result of --json to stand beside")
    .option("--fail-slower <percent>", "fail when a median is clearly worse by more than this", positiveInteger)
    .addHelpText(
      "after",
      `
Exit codes: 0 measured; 1 a run failed, or one is slower than --fail-slower allows

Examples:
  harn bench sort.harn
  harn bench --json sort.harn > before.json
  harn bench --compare before.json --fail-slower 10 sort.harn`,
    )
    .action(async (file: string, options: { seconds: number }) =>
      finish(await (await import("./commands/bench.ts")).benchCommand(context, file, options)),
    );
}

function addNew(program: Command, context: CliContext, finish: Finish): void {
  program
    .command("new")
    .summary("begin a project")
    .description("Makes a folder with a program, a module and tests that run at once, without a key or a network.")
    .argument("<name>", "the folder; it must not be there yet, or be empty")
    .addHelpText(
      "after",
      `
Exit codes: 0 it is there; 1 the folder is not empty, or cannot be written

Example:
  harn new letters && cd letters && harn test`,
    )
    .action(async (name: string) => finish(await (await import("./commands/new.ts")).newCommand(context, name)));
}

function addRepl(program: Command, context: CliContext, finish: Finish): void {
  program
    .command("repl")
    .summary("type code, see what it gives")
    .description(
      "Reads inputs and runs them one after the other; what they declare lasts. In a pipe there are no prompts, and the exit code is 1 when an input failed. :help tells of commands and keys.",
    )
    .addHelpText("after", "\nExamples:\n  harn repl\n  echo '1 + 1' | harn repl")
    .action(async () => finish(await (await import("./commands/repl.ts")).replCommand(context)));
}

function addFuzz(program: Command, context: CliContext, finish: Finish): void {
  program
    .command("fuzz")
    .summary("look for faults of harn itself")
    .description(
      "Generates programs and damages them, and looks for what must not happen: a crash, a hang, a program that changes its meaning when formatted, code that the verifier refuses, a task left over. What breaks something is made small and written to a folder. With files, judges these instead of making some.",
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

function addExplain(program: Command, context: CliContext, finish: Finish): void {
  program
    .command("explain")
    .summary("say what a diagnostic means")
    .description("Says what a diagnostic means, shows code that gets it, and code that does not.")
    .argument("[code]", "such as HARN-P001, in any spelling; without it, the list of all")
    .option("--json", "as JSON on stdout")
    .addHelpText("after", "\nExample:\n  harn explain t004")
    .action(async (code: string | undefined, options: object) =>
      finish(await (await import("./commands/explain.ts")).explainCommand(context, code, options)),
    );
}

function addDoc(program: Command, context: CliContext, finish: Finish): void {
  program
    .command("doc")
    .summary("say what a builtin does")
    .description("Says what a builtin takes, gives and does, with an example.")
    .argument("[name]", "the builtin; without it, the list of all")
    .option("--json", "as JSON on stdout")
    .addHelpText("after", "\nExample:\n  harn doc split")
    .action(async (name: string | undefined, options: object) =>
      finish(await (await import("./commands/doc.ts")).docCommand(context, name, options)),
    );
}

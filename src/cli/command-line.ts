/**
 * The command line: what there is, with the help that goes with it. Programs and their runs are here, the tools of the
 * language in `tool-commands.ts`. Every command's code is loaded when it is asked for.
 */

import { Command, InvalidArgumentError, Option } from "commander";
import type { RunOptions } from "./commands/run.ts";
import { packageVersion, versionCommand } from "./commands/version.ts";
import type { CliContext } from "./context.ts";
import {
  ASK_IN_DOUBT,
  addInDoubtChoice,
  DEFAULT_RUNS_FOLDER,
  type InDoubtChoices,
  inDoubtChoices,
} from "./journal/choices.ts";
import { wholeNumber } from "./option-values.ts";
import { addTools } from "./tool-commands.ts";

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
    .configureOutput({
      writeOut: context.out,
      writeErr: context.err,
      outputError: (text, write) => write(text.replace(/^error: /, "harn: ")),
    })
    .showHelpAfterError("(harn --help shows how)")
    .version(`harn ${packageVersion()}`, "-V, --version", "print the version")
    .addHelpText("after", exitCodeHelp);

  program
    .command("run")
    .summary("run a program")
    .description("Checks, compiles and runs a program. What stands after -- is the program's argv.")
    .usage("[options] <file> [-- args...]")
    .argument("[file]", "the program; - is stdin")
    .argument("[args...]", "the program's argv")
    .option("-e, --eval <code>", "run this code instead of a file")
    .option("-p, --pipeline <name>", "run this pipeline (default: `default`, else the first)")
    .option("--llm-mock <file>", "answer model calls from this JSONL script, in order")
    .option("--record <folder>", "keep what the run does, to replay or resume it")
    .option("--durable <id>", "begin the run of that id, or go on with it where it stopped")
    .option("--runs-dir <folder>", "where durable runs are kept (default: .harn/runs)")
    .addOption(inDoubtOption())
    .option("--receipt <file>", "write what each step took, as JSON; - for a table on stderr")
    .passThroughOptions()
    .addHelpText(
      "after",
      `
Models: a program that names no provider uses that of HARN_LLM_PROVIDER and HARN_LLM_MODEL; keys come from
ANTHROPIC_API_KEY, OPENAI_API_KEY and the like. HARN_LLM_PROVIDER=mock asks nobody.

Examples:
  harn run agent.harn -- input.txt       the program finds input.txt in argv
  harn run --llm-mock a.jsonl agent.harn prepared model answers, nothing is paid
  harn run --durable nightly agent.harn  goes on where it stopped when called again`,
    )
    .action(async (file: string | undefined, args: string[], options: Omit<RunOptions, "args">) => {
      const { runCommand } = await import("./commands/run.ts");
      // With -e the first word is an argument of the program.
      const rest = options.eval !== undefined && file !== undefined ? [file, ...args] : args;
      if (file === undefined && options.eval === undefined)
        program.error("harn: expected a file or -e <code>", { exitCode: 2 });
      // What follows the file belongs to the program; an option of ours there would be lost without a word.
      if (rest[0]?.startsWith("-") && rest[0] !== "--")
        program.error(
          `harn: \`${rest[0]}\` stands after the file: put options of harn before it, the program's after --`,
          {
            exitCode: 2,
          },
        );
      finish(
        await runCommand(context, options.eval === undefined ? file : undefined, {
          args: rest[0] === "--" ? rest.slice(1) : rest,
          ...options,
        }),
      );
    });

  program
    .command("replay")
    .summary("play a recorded run back")
    .description("Runs the program against its recording: same answers, same order, nothing outside asked or changed.")
    .argument("<run>", "a run's .jsonl file, a folder, whose newest run is meant, or the id of a durable run")
    .option("--receipt <file>", "write what each step took, as JSON; - for a table on stderr")
    .addHelpText("after", "\nExample:\n  harn replay recordings\n  harn replay --receipt - recordings")
    .action(async (run: string, options: { receipt?: string }) =>
      finish(await (await import("./commands/replay.ts")).replayCommand(context, run, options)),
    );

  program
    .command("resume")
    .summary("go on with a run that was cut off")
    .description("What the run had done is answered from its recording; from its end on it goes on for real.")
    .argument("<run>", "a run's .jsonl file, a folder, whose newest run is meant, or the id of a durable run")
    .addOption(inDoubtOption())
    .addHelpText("after", "\nExample:\n  harn resume --in-doubt retry recordings")
    .action(async (run: string, options: { inDoubt: InDoubtChoices }) =>
      finish(await (await import("./commands/replay.ts")).resumeCommand(context, run, options)),
    );

  const runs = program
    .command("runs")
    .summary("look at runs that were kept")
    .description("Lists runs, newest first; shows what one did and cost; branches off it; makes a test of it.");
  const ofRuns = (command: Command): Command =>
    command
      .option("--runs-dir <folder>", "where the runs are", DEFAULT_RUNS_FOLDER)
      .option("--json", "as JSON on stdout");
  ofRuns(runs.command("list", { isDefault: true }).summary("the runs of a folder").argument("[folder]")).action(
    async (folder: string | undefined, { runsDir, json }: RunsFlags) =>
      finish(await (await import("./commands/runs.ts")).listCommand(context, { dir: folder ?? runsDir, json })),
  );
  ofRuns(
    runs
      .command("show")
      .summary("what a run did and cost: its tasks, steps and calls")
      .argument("<run>", "its id, or its file"),
  )
    .description(
      "Prints the tree of a run: tasks, the steps they entered, and what was asked of the world in each. A task costs what it and all below it cost; a step has the bill of its own calls, without those of steps inside it. A step that has not ended is in-flight.",
    )
    .option("--all", "also looks at the clock, random numbers, names of variables and the like")
    .action(async (run: string, { runsDir, json, all }: RunsFlags & { all?: true }) =>
      finish(await (await import("./commands/runs.ts")).showCommand(context, run, { dir: runsDir, json, all })),
    );
  ofRuns(runs.command("fork").summary("a new run with the first entries of another").argument("<run>"))
    .requiredOption("--at <seq>", "the last entry to take over, as `show` numbers them", wholeNumber)
    .option("--as <id>", "id of the new run (default: <run>-at-<seq>)")
    .action(async (run: string, { runsDir, json, at, as }: RunsFlags & { at: number; as?: string }) =>
      finish(await (await import("./commands/runs.ts")).forkCommand(context, run, { dir: runsDir, json, at, as })),
    );
  ofRuns(runs.command("to-test").summary("a test that replays the run offline").argument("<run>"))
    .option("--out <folder>", "where to write it", "tests")
    .action(async (run: string, { runsDir, json, out }: RunsFlags & { out: string }) =>
      finish(await (await import("./commands/runs.ts")).toTestCommand(context, run, { dir: runsDir, json, out })),
    );

  program
    .command("inspect")
    .summary("show the personas and steps of a program")
    .description("What a program declares, without running it: personas, their steps, models, budgets and limits.")
    .argument("<file>", "the program")
    .option("--json", "as JSON on stdout")
    .addHelpText("after", "\nExample:\n  harn inspect agent.harn")
    .action(async (file: string, options: object) =>
      finish(await (await import("./commands/inspect.ts")).inspectCommand(context, file, options)),
    );

  addTools(program, context, finish);

  program
    .command("version")
    .summary("print the version")
    .description("Prints the version; with --json those of Node and the platform too, for a report.")
    .option("--json", "as JSON on stdout")
    .action(async (options: object) => finish(await versionCommand(context, options)));
  return program;
}

interface RunsFlags {
  readonly runsDir: string;
  readonly json?: true;
}

function inDoubtOption(): Option {
  const words = inDoubtChoices.map((choice) => `"${choice}"`).join(", ");
  return new Option(
    "--in-doubt <what>",
    `with an unsafe effect that may or may not have happened when the run stopped (choices: ${words}; ENTRY=CHOICE for one of several; may be given again)`,
  )
    .argParser((text: string, before: InDoubtChoices | undefined) => {
      const choices = addInDoubtChoice(text, before ?? ASK_IN_DOUBT);
      if (choices === undefined)
        throw new InvalidArgumentError(`Allowed choices are ${inDoubtChoices.join(", ")}, or ENTRY=CHOICE.`);
      return choices;
    })
    .default(ASK_IN_DOUBT, '"ask"');
}

/** `docs/reference/cli.md`: what `harn --help` and each command's `--help` say. */

import type { Command } from "commander";
import { createCommandLine } from "../../src/cli/command-line.ts";
import type { CliContext } from "../../src/cli/context.ts";
import { fenced, type Page } from "./pages.ts";

const columns = 100;

const intro = "What `harn --help` and `harn COMMAND --help` say.";

export function cliPage(): Page {
  // Help is all that is asked for: no command runs, so there is nothing else to hand in.
  const context = { out: () => {}, err: () => {} } as unknown as CliContext;
  const program = createCommandLine(context, () => {});
  const sections = allCommands(program, []).map(
    ({ command, path }) =>
      `${path.length === 1 ? "## harn" : `## ${path.join(" ")}`}\n\n${fenced("text", helpOf(command))}`,
  );
  return { path: "docs/reference/cli.md", text: `# The command line\n\n${intro}\n\n${sections.join("\n\n")}\n` };
}

interface Placed {
  readonly command: Command;
  readonly path: readonly string[];
}

function allCommands(command: Command, above: readonly string[]): readonly Placed[] {
  const path = [...above, command.name()];
  return [{ command, path }, ...command.commands.flatMap((below) => allCommands(below, path))];
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (more) => {
      text += more;
    },
    getOutHelpWidth: () => columns,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}

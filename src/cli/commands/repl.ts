/** `harn repl`: inputs one after the other, whose declarations and variables last. */

import type { Host } from "../../base/index.ts";
import { display, type Value } from "../../vm/index.ts";
import type { CliContext } from "../context.ts";
import { renderFailure, renderFileDiagnostics } from "../engine/render.ts";
import { createRunState } from "../engine/run-state.ts";
import { exitCodes } from "../exit-codes.ts";
import { historyPath, openHistory } from "../repl/history-file.ts";
import { type LineSource, openLineSource } from "../repl/line-source.ts";
import { openSession, type Session } from "../repl/session.ts";
import { isUnfinished } from "../repl/transcript.ts";
import { docCommand } from "./doc.ts";
import { packageVersion } from "./version.ts";

const PROMPT = "harn> ";
const MORE = "  ... ";

const help = `Type an expression to see its value, or a declaration to keep it. An unfinished block goes on on the next line.
A function sees the variables as they are when a line runs it.

  :vars        the variables and their values
  :doc NAME    what a builtin does
  :reset       forget everything that was declared
  :quit        leave (also Ctrl-D)

Tab completes names, methods and modules. Ctrl-C stops a running line, or drops what is being typed. Lines are kept in
~/.harn/repl-history (HARN_REPL_HISTORY names another file, empty for none), but for those that begin with a space.
`;
const commands: readonly string[] = [":help", ":vars", ":doc", ":reset", ":quit"];

export async function replCommand(context: CliContext): Promise<number> {
  const history = openHistory(historyPath(context));
  const lines = openLineSource(context, {
    history,
    completion: () => ({ names: session.names(), variables: session.variables(), commands }),
    onInterrupt: () => session.interrupt(),
  });
  let session = await startSession(context, lines);
  const stopInput = (): void => session.interrupt();
  context.cancel.addEventListener("abort", stopInput);
  let hasFailed = false;
  if (lines.isTerminal) context.out(`harn ${packageVersion()}; :help tells what there is\n`);
  try {
    for (let input = ""; ; ) {
      const line = await lines.read(input === "" ? PROMPT : MORE);
      if (line.kind === "interrupt") {
        input = "";
        continue;
      }
      if (line.kind === "line") {
        if (lines.isTerminal) history.add(line.text);
        if (input === "" && line.text.trimStart().startsWith(":")) {
          const [command = "", argument = ""] = line.text.trim().split(/\s+/);
          if (command === ":quit" || command === ":q" || command === ":exit") break;
          if (command === ":reset") {
            await session.close();
            session = await startSession(context, lines);
          } else hasFailed = !(await obey(context, session, command, argument)) || hasFailed;
          continue;
        }
        input = input === "" ? line.text : `${input}\n${line.text}`;
        if (isUnfinished(input)) continue;
      }
      if (input.trim() !== "") hasFailed = !(await evaluate(context, session, lines, input)) || hasFailed;
      input = "";
      if (context.cancel.aborted) throw context.cancel.reason;
      if (line.kind === "end") break;
    }
    if (lines.isTerminal) context.out("\n");
  } finally {
    context.cancel.removeEventListener("abort", stopInput);
    lines.close();
    await session.close();
  }
  // In a pipe nobody has seen the errors go by.
  return hasFailed && !lines.isTerminal ? exitCodes.failed : exitCodes.ok;
}

async function startSession(context: CliContext, lines: LineSource): Promise<Session> {
  const host = lines.isTerminal ? readingFrom(lines, context.host) : context.host;
  return openSession({
    host,
    cwd: context.cwd,
    output: { write: lines.print },
    state: await createRunState({ host: context.host }),
  });
}

/** Programs read what is typed into the line editor. */
function readingFrom(lines: LineSource, host: Host): Host {
  return {
    ...host,
    async perform(kind, args, signal) {
      if (kind !== "console.readLine") return host.perform(kind, args, signal);
      const line = await lines.readForProgram((args as { prompt?: string }).prompt ?? "", signal);
      return (line.kind === "line" ? line.text : undefined) as never;
    },
  };
}

/** @returns whether all went well */
async function obey(context: CliContext, session: Session, command: string, argument: string): Promise<boolean> {
  switch (command) {
    case ":help":
      context.out(help);
      return true;
    case ":vars":
      for (const [name, value] of [...session.variables()].sort(([a], [b]) => (a < b ? -1 : 1)))
        context.out(`${name} = ${oneLine(shown(value))}\n`);
      return true;
    case ":doc":
      try {
        await docCommand(context, argument === "" ? undefined : argument, {});
        return true;
      } catch (error) {
        context.err(`${error instanceof Error ? error.message : String(error)}\n`);
        return false;
      }
    default:
      context.err(`There is no command \`${command}\`; there is ${commands.join(", ")}\n`);
      return false;
  }
}

/** @returns whether all went well */
async function evaluate(context: CliContext, session: Session, lines: LineSource, input: string): Promise<boolean> {
  const settings = { color: context.colorErrors, cwd: context.cwd };
  const outcome = await session.run(input);
  switch (outcome.status) {
    case "ok":
      if (outcome.warnings.length > 0) context.err(`${renderFileDiagnostics(outcome.warnings, settings)}\n`);
      if (outcome.hasPipelines) context.err("Pipelines are for `harn run` and `harn test`; nothing came of it here\n");
      if (outcome.value !== undefined) lines.print(`${shown(outcome.value)}\n`);
      return true;
    case "refused":
      context.err(`${renderFileDiagnostics(outcome.diagnostics, settings)}\n`);
      return false;
    case "failed":
      if (outcome.warnings.length > 0) context.err(`${renderFileDiagnostics(outcome.warnings, settings)}\n`);
      context.err(`${renderFailure(outcome.failure, outcome.sources, settings)}\n`);
      return false;
    case "stopped":
      if (lines.isTerminal) context.err("Stopped\n");
      return false;
  }
}

/** Text in quotes, so that it can be told from what else prints like it. */
const shown = (value: Value): string => (typeof value === "string" ? JSON.stringify(value) : display(value));

const oneLine = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text).replaceAll("\n", "\\n");

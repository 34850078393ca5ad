/**
 * Where lines come from: a terminal with line editing, history and completion, or a pipe. Programs that read a line get
 * it from here too, so that the two never take each other's input.
 */

import { createInterface, type Interface } from "node:readline";
import type { CancelSignal } from "../../base/index.ts";
import type { CliContext } from "../context.ts";
import { type CompletionContext, complete } from "./completion.ts";
import type { History } from "./history-file.ts";

export type Line =
  | { readonly kind: "line"; readonly text: string }
  /** Ctrl-C while a line was typed. */
  | { readonly kind: "interrupt" }
  /** The input is over, or the user typed Ctrl-D. */
  | { readonly kind: "end" };

export interface LineSource {
  readonly isTerminal: boolean;
  /**
   * @param prompt shown on a terminal, on a line of its own
   * @throws the reason of the context's `cancel` once that has fired
   */
  read(prompt: string): Promise<Line>;
  /** For a program, whose prompt stands behind what it has printed. Ctrl-C is an interrupt of the program, too. */
  readForProgram(prompt: string, signal?: CancelSignal): Promise<Line>;
  print(text: string): void;
  close(): void;
}

export interface TerminalSettings {
  readonly history: History;
  readonly completion: () => CompletionContext;
  /** Ctrl-C while a program runs. */
  readonly onInterrupt: () => void;
}

export function openLineSource(context: CliContext, settings: TerminalSettings): LineSource {
  const { host } = context;
  const isTerminal =
    host.sync("console.isTty", { stream: "stdin" }) && host.sync("console.isTty", { stream: "stdout" });
  return isTerminal ? openTerminal(context, settings) : openPipe(context);
}

function openPipe(context: CliContext): LineSource {
  const read = async (signal: CancelSignal): Promise<Line> => {
    const text = await context.host.perform("console.readLine", {}, signal);
    return text === undefined ? { kind: "end" } : { kind: "line", text };
  };
  return {
    isTerminal: false,
    read: () => read(context.cancel),
    readForProgram: (_, signal) => read(signal ?? context.cancel),
    print: context.out,
    close: () => {},
  };
}

function openTerminal(context: CliContext, { history, completion, onInterrupt }: TerminalSettings): LineSource {
  const { terminal } = context.hostOptions;
  const editor: Interface = createInterface({
    input: terminal?.stdin ?? process.stdin,
    output: (terminal?.stdout as NodeJS.WritableStream | undefined) ?? process.stdout,
    terminal: true,
    history: [...history.lines],
    historySize: 1000,
    removeHistoryDuplicates: true,
    completer: (before: string): [string[], string] => {
      const { candidates, replaced } = complete(before, completion());
      return [[...candidates], replaced];
    },
  });
  /** Lines that were pasted with the one that was asked for. */
  const waiting: string[] = [];
  let reader: ((line: Line) => void) | undefined;
  let isClosed = false;
  /** What was printed since the last line break. */
  let lastLine = "";

  const answer = (line: Line): void => {
    const waiter = reader;
    reader = undefined;
    waiter?.(line);
  };
  editor.on("line", (text) => {
    if (reader === undefined) waiting.push(text);
    else answer({ kind: "line", text });
  });
  editor.on("SIGINT", () => {
    if (reader === undefined) {
      onInterrupt();
      return;
    }
    // Drops what was typed, and what was pasted behind it.
    waiting.length = 0;
    editor.write(null, { ctrl: true, name: "e" });
    editor.write(null, { ctrl: true, name: "u" });
    context.out("^C\n");
    answer({ kind: "interrupt" });
  });
  editor.on("close", () => {
    isClosed = true;
    answer({ kind: "end" });
  });

  const read = (prompt: string, signal: CancelSignal): Promise<Line> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const next = waiting.shift();
      if (next !== undefined || isClosed) {
        resolve(next === undefined ? { kind: "end" } : { kind: "line", text: next });
        return;
      }
      const onCancel = (): void => {
        reader = undefined;
        signal.removeEventListener("abort", onCancel);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onCancel);
      reader = (line) => {
        signal.removeEventListener("abort", onCancel);
        resolve(line);
      };
      editor.setPrompt(prompt);
      editor.prompt();
    });

  return {
    isTerminal: true,
    read(prompt) {
      if (lastLine !== "") context.out("\n");
      lastLine = "";
      return read(prompt, context.cancel);
    },
    async readForProgram(prompt, signal = context.cancel) {
      // The editor draws its line anew; what the program has printed on it is part of the prompt.
      const whole = lastLine + prompt;
      lastLine = "";
      const line = await read(whole, signal);
      if (line.kind === "interrupt") onInterrupt();
      return line;
    },
    print(text) {
      context.out(text);
      lastLine = (text.includes("\n") ? "" : lastLine) + text.slice(text.lastIndexOf("\n") + 1);
    },
    close: () => editor.close(),
  };
}

/**
 * Standard error, standard input, and what the terminal can do. Tests of programs replace input (`mock_stdin`), say
 * what is a terminal (`mock_tty`) and catch standard error (`capture_stderr_start`).
 */

import { display, type NativeContext, Thrown, type Value, type Vm } from "../../vm/index.ts";
import { textArgument } from "../arguments.ts";
import { type Builtin, effect, pure, runState } from "../builtin.ts";
import { linesOf } from "../text/string-methods.ts";

type StreamName = "stdin" | "stdout" | "stderr";
const STREAMS: readonly StreamName[] = ["stdin", "stdout", "stderr"];

type ColorMode = "auto" | "always" | "never";
const COLOR_MODES: readonly ColorMode[] = ["auto", "always", "never"];

interface Terminal {
  /** Replaces standard input: what is left to read. */
  input: { text: string } | undefined;
  readonly tty: Map<StreamName, boolean>;
  color: ColorMode;
  /** Standard error since the capture began. */
  captured: string[] | undefined;
}

const terminalOf = (vm: Vm): Terminal =>
  runState(vm, "terminal", () => ({
    input: undefined,
    tty: new Map(),
    color: "auto" as ColorMode,
    captured: undefined,
  }));

const text = (value: Value): string => (value === undefined ? "" : display(value));

function isTty({ vm, host }: NativeContext, stream: StreamName): boolean {
  return terminalOf(vm).tty.get(stream) ?? host.sync("console.isTty", { stream });
}

function hasColor(context: NativeContext): boolean {
  const mode = terminalOf(context.vm).color;
  if (mode !== "auto") return mode === "always";
  const { host } = context;
  if (host.sync("env.get", { name: "FORCE_COLOR" }) !== undefined) return true;
  if (host.sync("env.get", { name: "NO_COLOR" }) !== undefined) return false;
  return isTty(context, "stdout");
}

const COLORS: readonly string[] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

function colorCode(name: string): number | undefined {
  if (name === "gray" || name === "grey") return 90;
  const bright = name.startsWith("bright_");
  const index = COLORS.indexOf(bright ? name.slice("bright_".length) : name);
  return index < 0 ? undefined : (bright ? 90 : 30) + index;
}

function painted(value: string, code: number | undefined, context: NativeContext): string {
  return code === undefined || !hasColor(context) ? value : `\u001b[${code}m${value}\u001b[0m`;
}

function writeError(value: string, { vm, host }: NativeContext): undefined {
  const { captured } = terminalOf(vm);
  if (captured) captured.push(value);
  else host.sync("console.write", { stream: "stderr", text: value });
}

/** The next line of replaced input; nil at its end. */
function takeLine(input: NonNullable<Terminal["input"]>): string | undefined {
  if (input.text === "") return undefined;
  const end = input.text.indexOf("\n");
  const line = end < 0 ? input.text : input.text.slice(0, end);
  input.text = end < 0 ? "" : input.text.slice(end + 1);
  return linesOf(`${line}\n`)[0];
}

export const terminalBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "eprint(value: any)",
      summary: "Write a value to standard error",
      effects: ["console"],
      example: 'eprint("careful")',
    },
    (args, context) => writeError(textArgument(args, 0), context),
  ),
  pure(
    {
      signature: "eprintln(value: any)",
      summary: "Write a value and a line break to standard error",
      effects: ["console"],
      example: 'eprintln("careful")',
    },
    (args, context) => writeError(`${textArgument(args, 0)}\n`, context),
  ),
  pure(
    {
      signature: "capture_stderr_start()",
      summary: "Keep what goes to standard error from now on",
      effects: ["state"],
      example: 'capture_stderr_start()\neprint("x")\nprintln(capture_stderr_take())',
    },
    (_args, { vm }) => {
      terminalOf(vm).captured = [];
      return undefined;
    },
  ),
  pure(
    {
      signature: "capture_stderr_take() -> string",
      summary: "End the capture of standard error and give back what it kept",
      effects: ["state"],
      example: "capture_stderr_start()\nprintln(len(capture_stderr_take()))",
    },
    (_args, { vm }) => {
      const terminal = terminalOf(vm);
      const kept = terminal.captured?.join("") ?? "";
      terminal.captured = undefined;
      return kept;
    },
  ),
  effect(
    {
      signature: "read_line() -> string | nil",
      summary: "Read a line of standard input, without its line break; nil at the end",
      effects: ["console"],
      example: 'mock_stdin("one\\ntwo")\nprintln(read_line())',
    },
    (_args, { vm, host, signal }) => {
      const { input } = terminalOf(vm);
      return input ? takeLine(input) : host.perform("console.readLine", {}, signal);
    },
  ),
  effect(
    {
      signature: "read_stdin() -> string | nil",
      summary: "Read all that is left of standard input",
      effects: ["console"],
      example: 'mock_stdin("one\\ntwo")\nprintln(len(read_stdin()))',
    },
    (_args, { vm, host, signal }) => {
      const { input } = terminalOf(vm);
      if (!input) return host.perform("console.readAll", {}, signal);
      const rest = input.text;
      input.text = "";
      return rest;
    },
  ),
  effect(
    {
      signature: "prompt_user(message?: string) -> string | nil",
      summary: "Print a question and read a line, white space at its end removed",
      effects: ["console"],
      example: 'mock_stdin("Ada")\nprintln(prompt_user("Name? "))',
    },
    async ([message], { vm, host, task, signal }) => {
      task.output.write(text(message));
      const { input } = terminalOf(vm);
      const line = input ? takeLine(input) : await host.perform("console.readLine", {}, signal);
      return line?.trimEnd();
    },
  ),
  pure(
    {
      signature: "mock_stdin(text: string)",
      summary: "Replace standard input",
      effects: ["state"],
      example: 'mock_stdin("yes")\nprintln(read_line())\nprintln(read_line())',
    },
    ([value], { vm }) => {
      terminalOf(vm).input = { text: text(value) };
      return undefined;
    },
  ),
  pure(
    {
      signature: "unmock_stdin()",
      summary: "Read the real standard input again",
      effects: ["state"],
      example: 'mock_stdin("yes")\nunmock_stdin()',
    },
    (_args, { vm }) => {
      terminalOf(vm).input = undefined;
      return undefined;
    },
  ),
  ...STREAMS.map((stream) =>
    pure(
      {
        signature: `is_${stream}_tty() -> bool`,
        summary: `Tell whether ${stream} is a terminal`,
        effects: ["console"],
        example: `mock_tty("${stream}", true)\nprintln(is_${stream}_tty())`,
      },
      (_args, context) => isTty(context, stream),
    ),
  ),
  pure(
    {
      signature: "mock_tty(stream: string, is_tty: bool)",
      summary: "Say that stdin, stdout or stderr is a terminal, or is none",
      effects: ["state"],
      errors: "Another stream",
      example: 'mock_tty("stdout", false)\nprintln(is_stdout_tty())',
    },
    ([stream, value], { vm }) => {
      const name = text(stream);
      const known = STREAMS.find((each) => each === name);
      if (!known) {
        throw new Thrown(`mock_tty: invalid stream '${name}'. Expected 'stdin', 'stdout', or 'stderr'.`);
      }
      terminalOf(vm).tty.set(known, value === true);
      return undefined;
    },
  ),
  pure(
    {
      signature: "unmock_tty()",
      summary: "Ask the real terminal again",
      effects: ["state"],
      example: "unmock_tty()",
    },
    (_args, { vm }) => {
      terminalOf(vm).tty.clear();
      return undefined;
    },
  ),
  pure(
    {
      signature: "color(text: string, name: string) -> string",
      summary: "Colour text where colours are shown: red, green … bright_white",
      effects: ["console", "env"],
      example: 'set_color_mode("never")\nprintln(color("ok", "green"))',
    },
    (args, context) => painted(textArgument(args, 0), colorCode(textArgument(args, 1)), context),
  ),
  pure(
    {
      signature: "bold(text: string) -> string",
      summary: "Make text bold where that is shown",
      effects: ["console", "env"],
      example: 'set_color_mode("never")\nprintln(bold("ok"))',
    },
    (args, context) => painted(textArgument(args, 0), 1, context),
  ),
  pure(
    {
      signature: "dim(text: string) -> string",
      summary: "Make text faint where that is shown",
      effects: ["console", "env"],
      example: 'set_color_mode("never")\nprintln(dim("ok"))',
    },
    (args, context) => painted(textArgument(args, 0), 2, context),
  ),
  pure(
    {
      signature: "set_color_mode(mode: string)",
      summary: "Colours `always`, `never`, or where the terminal shows them (`auto`)",
      effects: ["state"],
      errors: "Another mode",
      example: 'set_color_mode("never")',
    },
    ([mode], { vm }) => {
      const name = text(mode);
      const known = COLOR_MODES.find((each) => each === name);
      if (!known) {
        throw new Thrown(`set_color_mode: invalid mode '${name}'. Expected 'auto', 'always', or 'never'.`);
      }
      terminalOf(vm).color = known;
      return undefined;
    },
  ),
];

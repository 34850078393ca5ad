/** Progress lines: `[phase] message (2/5)`. */

import { Dict, type Int, isInt, type Value } from "../../vm/index.ts";
import { textArgument } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";

const FRAMES = ["|", "/", "-", "\\"] as const;
const DEFAULT_WIDTH = 10;
const MIN_WIDTH = 3;
const MAX_WIDTH = 40;

const intOf = (value: Value): Int | undefined => (isInt(value) ? value : undefined);

function bar(current: Int, total: Int, width: number): string {
  const portion = total > 0 ? Math.min(1, Math.max(0, Number(current) / Number(total))) : 0;
  const filled = Math.round(portion * width);
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}]`;
}

function progressLine(args: readonly Value[]): string {
  const [, , third, fourth] = args;
  const head = `[${textArgument(args, 0)}]`;
  const message = textArgument(args, 1);
  if (third instanceof Dict) {
    const current = intOf(third.map.get("current"));
    const mode = third.map.get("mode");
    if (mode === "spinner") {
      const step = Number(intOf(third.map.get("step")) ?? current ?? 0);
      return `${head} ${FRAMES[((step % 4) + 4) % 4]} ${message}\n`;
    }
    if (mode === "bar") {
      const total = intOf(third.map.get("total")) ?? 0;
      const width = Number(intOf(third.map.get("width")) ?? DEFAULT_WIDTH);
      const shown = bar(current ?? 0, total, Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width)));
      return `${head} ${shown} ${message} (${current ?? 0}/${total})\n`;
    }
  }
  const done = intOf(third);
  const total = intOf(fourth);
  const count = done === undefined ? "" : total === undefined ? ` (${done}%)` : ` (${done}/${total})`;
  return `${head} ${message}${count}\n`;
}

export const progressBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "progress(phase: string, message: string, done?: int | dict, total?: int)",
      summary: 'Print how far a phase is; `{mode: "bar", current, total, width}` or `{mode: "spinner", step}` draw it',
      effects: ["console"],
      example:
        'progress("build", "Compiling", 2, 5)\nprogress("build", "Linking", {mode: "bar", current: 3, total: 5})',
    },
    (args, { task }) => {
      task.output.write(progressLine(args));
      return undefined;
    },
  ),
];

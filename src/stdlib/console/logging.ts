/** Log lines: one JSON object a line, `{"ts", "level", "msg", …fields}`, on the program's output. */

import { Dict, display, Float, isNumeric, type NativeContext, Thrown, type Value, type Vm } from "../../vm/index.ts";
import { textArgument } from "../arguments.ts";
import { type Builtin, pure, runState } from "../builtin.ts";
import { quoteJson, writeJson } from "../json/write-json.ts";
import { clockOf } from "../time/run-clock.ts";
import { currentSpan } from "./trace-context.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

const levelState = (vm: Vm): { least: Level } => runState(vm, "log.level", () => ({ least: "debug" as Level }));

/** Numbers, booleans and nil as JSON, anything else as the text it prints as. */
function fragment(value: Value): string {
  if (value instanceof Float && !Number.isFinite(value.value)) return "null";
  if (value === undefined || typeof value === "boolean" || isNumeric(value)) return writeJson(value);
  return quoteJson(display(value));
}

function now(context: NativeContext): string {
  return quoteJson(new Date(clockOf(context).wallMs()).toISOString());
}

/** Writes a line unless its level is below what `log_set_level` asked for. */
export function writeLog(level: Level, message: string, fields: Dict | undefined, context: NativeContext): void {
  if (LEVELS.indexOf(level) < LEVELS.indexOf(levelState(context.vm).least)) return;
  const span = currentSpan(context.task);
  const parts = [
    `"ts":${now(context)}`,
    `"level":"${level}"`,
    `"msg":${quoteJson(message)}`,
    ...(span ? [`"trace_id":${quoteJson(span.traceId)}`, `"span_id":${quoteJson(span.spanId)}`] : []),
    ...(fields?.keys() ?? []).map((key) => `${quoteJson(key)}:${fragment(fields?.map.get(key))}`),
  ];
  context.task.output.write(`{${parts.join(",")}}\n`);
}

export const loggingBuiltins: readonly Builtin[] = [
  ...LEVELS.map((level) =>
    pure(
      {
        signature: `log_${level}(message: string, fields?: dict)`,
        summary: `Write a log line of level ${level}`,
        effects: ["console", "clock"],
        example: `log_${level}("started", {port: 80})`,
      },
      (args, context) => {
        const dict = args[1] instanceof Dict ? args[1] : undefined;
        writeLog(level, textArgument(args, 0), dict, context);
        return undefined;
      },
    ),
  ),
  pure(
    {
      signature: "log_set_level(level: string)",
      summary: "Drop log lines below a level: debug, info, warn or error",
      effects: ["state"],
      errors: "Another level",
      example: 'log_set_level("warn")\nlog_info("not shown")',
    },
    ([level], { vm }) => {
      const name = level === undefined ? "" : display(level);
      const known = LEVELS.find((each) => each === name);
      if (!known) throw new Thrown(`log_set_level: invalid level '${name}'. Expected debug, info, warn, or error`);
      levelState(vm).least = known;
      return undefined;
    },
  ),
  pure(
    {
      signature: "log_json(key: string, value: any)",
      summary: 'Write `{"ts", "key", "value"}` as a line',
      effects: ["console", "clock"],
      example: 'log_json("count", 3)',
    },
    ([key, value], context) => {
      const name = quoteJson(key === undefined ? "" : display(key));
      context.task.output.write(`{"ts":${now(context)},"key":${name},"value":${fragment(value)}}\n`);
      return undefined;
    },
  ),
];

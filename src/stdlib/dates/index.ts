/**
 * Dates and durations. A date is a number of seconds since 1970 in UTC (an int when whole), or a dict that has one under
 * `timestamp`; zones are IANA names.
 */

import {
  Dict,
  Duration,
  display,
  Float,
  isInt,
  multiply,
  type NativeContext,
  record,
  toDouble,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { textArgument, thrown } from "../arguments.ts";
import { type Builtin, pure } from "../builtin.ts";
import { clockOf } from "../time/run-clock.ts";
import { type CivilTime, civilTime, type Instant, isoText, MAX_SECONDS, MIN_SECONDS, weekday } from "./civil.ts";
import { parseDate, problemOf } from "./parse-date.ts";
import { formatInstant, rfc3339Text } from "./strftime.ts";
import { instantInZone, UTC, type Zone, zoneOf } from "./zones.ts";

const DEFAULT_FORMAT = "%Y-%m-%d %H:%M:%S";

// ---- arguments -------------------------------------------------------------------------------------------------------

function instantOf(value: Value, builtin: string, isGiven = true): Instant {
  if (!isGiven) throw thrown(`${builtin}: missing timestamp argument`);
  if (value instanceof Dict) return instantOf(value.map.get("timestamp"), builtin, value.map.has("timestamp"));
  let instant: Instant;
  if (isInt(value)) instant = { seconds: toDouble(value), nanos: 0 };
  else if (value instanceof Float) instant = fromSeconds(value.value, builtin);
  else throw thrown(`${builtin}: expected timestamp number or date dict, got ${typeName(value)}`);
  if (instant.seconds < MIN_SECONDS || instant.seconds > MAX_SECONDS) {
    throw thrown(`${builtin}: timestamp out of range`);
  }
  return instant;
}

/** To the microsecond, which is what a double of today's seconds can tell. */
function fromSeconds(seconds: number, builtin: string): Instant {
  if (!Number.isFinite(seconds)) throw thrown(`${builtin}: timestamp must be finite`);
  const whole = Math.floor(seconds);
  const micros = Math.round((seconds - whole) * 1_000_000);
  return micros === 1_000_000 ? { seconds: whole + 1, nanos: 0 } : { seconds: whole, nanos: micros * 1000 };
}

const instantAt = (args: readonly Value[], at: number, builtin: string): Instant =>
  instantOf(args[at], builtin, at < args.length);

function zoneNamed(name: string, builtin: string, context: NativeContext): Zone {
  const zone = zoneOf(name, context);
  if (zone === undefined) throw thrown(`${builtin}: unknown timezone '${name}'`);
  return zone;
}

function requiredZone(args: readonly Value[], builtin: string, context: NativeContext): Zone {
  if (args.length < 2) throw thrown(`${builtin}: missing timezone argument`);
  return zoneNamed(textArgument(args, 1), builtin, context);
}

const optionalZone = (value: Value, builtin: string, context: NativeContext): Zone =>
  value === undefined ? UTC : zoneNamed(display(value), builtin, context);

function durationMs(args: readonly Value[], at: number, builtin: string): number {
  const value = args[at];
  if (value instanceof Duration) return value.ms;
  if (at >= args.length) throw thrown(`${builtin}: missing duration argument`);
  throw thrown(`${builtin}: expected duration, got ${typeName(value)}`);
}

// ---- results ---------------------------------------------------------------------------------------------------------

function timestampOf({ seconds, nanos }: Instant): Value {
  return nanos === 0 ? seconds : new Float(seconds + nanos / 1e9);
}

const millisOf = ({ seconds, nanos }: Instant): number => seconds * 1000 + Math.floor(nanos / 1_000_000);

function fieldsOf(time: CivilTime): Record<string, Value> {
  const { year, month, day, hour, minute, second } = time;
  return { year, month, day, hour, minute, second, weekday: weekday(time) };
}

function formatted(instant: Instant, format: string, zone: Zone, builtin: string): string {
  const result = formatInstant(instant, format, zone);
  if ("unknown" in result) throw thrown(`${builtin}: unknown format specifier '${result.unknown}'`);
  return result.text;
}

function humanText(ms: number): string {
  if (ms === 0) return "0s";
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["m", 60_000],
    ["s", 1000],
    ["ms", 1],
  ] as const;
  let rest = Math.abs(ms);
  const parts: string[] = [];
  for (const [label, size] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${label}`);
    rest %= size;
    if (parts.length === 3) break;
  }
  return `${ms < 0 ? "-" : ""}${parts.join(" ")}`;
}

function componentOf(components: Dict, name: string, fallback?: number): number {
  const value = components.map.get(name);
  if (isInt(value)) return toDouble(value);
  if (value instanceof Float && Number.isInteger(value.value)) return value.value;
  if (components.map.has(name)) {
    throw thrown(`date_from_components: ${name} must be an integer, got ${typeName(value)}`);
  }
  if (fallback === undefined) throw thrown(`date_from_components: missing ${name}`);
  return fallback;
}

// ---- builtins --------------------------------------------------------------------------------------------------------

function durationFrom(unit: string, size: number): Builtin {
  const builtin = `duration_${unit}`;
  return pure(
    {
      signature: `${builtin}(count: int | float) -> duration`,
      summary: `Make a duration out of a number of ${unit === "ms" ? "milliseconds" : unit}`,
      errors: "Throws unless given a number, and when it is too long",
      example: `println(${builtin}(2))`,
    },
    (args) => {
      const [count] = args;
      if (args.length === 0) throw thrown(`${builtin}: missing value argument`);
      if (isInt(count)) {
        const exact = BigInt(count) * BigInt(size);
        if (BigInt.asIntN(64, exact) !== exact) throw thrown(`${builtin}: duration overflow`);
        return new Duration(toDouble(multiply(count, size) as number | bigint));
      }
      if (!(count instanceof Float) || !Number.isFinite(count.value)) {
        throw thrown(`${builtin}: expected number, got ${typeName(count)}`);
      }
      const ms = count.value * size;
      if (Math.abs(ms) > 2 ** 63) throw thrown(`${builtin}: duration overflow`);
      return new Duration(Math.sign(ms) * Math.round(Math.abs(ms)));
    },
  );
}

export const dateBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "date_now() -> dict",
      summary: "Give the date now, in UTC: `{year, month, day, hour, minute, second, weekday, timestamp, iso8601}`",
      effects: ["clock"],
      example: "println(date_now().year > 2000)",
    },
    (_args, context) => {
      const ms = clockOf(context).wallMs();
      const seconds = Math.floor(ms / 1000);
      const time = civilTime({ seconds, nanos: 0 });
      return record({ ...fieldsOf(time), timestamp: new Float(ms / 1000), iso8601: isoText(ms) });
    },
  ),
  pure(
    {
      signature: "date_now_iso() -> string",
      summary: "Give the time now as ISO 8601, in UTC with milliseconds",
      effects: ["clock"],
      example: 'println(contains(date_now_iso(), "T"))',
    },
    (_args, context) => isoText(clockOf(context).wallMs()),
  ),
  pure(
    {
      signature: "date_format(date: int | float | dict, format?: string, zone?: string) -> string",
      summary: "Write a date in a `strftime` format, in UTC or a zone",
      errors: "Throws for what is no date, format or zone",
      example: 'println(date_format(0, "%Y-%m-%d"))',
    },
    (args, context) => {
      const instant = instantAt(args, 0, "date_format");
      const format = args.length < 2 ? DEFAULT_FORMAT : textArgument(args, 1);
      const zone = args.length < 3 ? UTC : zoneNamed(textArgument(args, 2), "date_format", context);
      return formatted(instant, format, zone, "date_format");
    },
  ),
  pure(
    {
      signature: "date_parse(text: string) -> int | float",
      summary: "Read a date: RFC 3339, or a shorter form taken for UTC",
      errors: "Throws for what is no date",
      example: 'println(date_parse("1970-01-02"))',
    },
    (args) => {
      const parsed = parseDate(textArgument(args, 0));
      if ("message" in parsed) throw thrown(parsed.message);
      return timestampOf(parsed.instant);
    },
  ),
  pure(
    {
      signature: "date_in_zone(date: int | float | dict, zone: string) -> dict",
      summary: "Take a date apart as the clocks of a zone show it",
      errors: "Throws for what is no date or zone",
      example: 'println(date_in_zone(0, "Europe/Berlin").hour)',
    },
    (args, context) => {
      const instant = instantAt(args, 0, "date_in_zone");
      const zone = requiredZone(args, "date_in_zone", context);
      const offset = zone.offsetAt(instant);
      return record({
        ...fieldsOf(civilTime(instant, offset)),
        offset_seconds: offset,
        timestamp: timestampOf(instant),
        iso8601: rfc3339Text(instant, zone),
        zone: zone.name,
      });
    },
  ),
  pure(
    {
      signature: "date_to_zone(date: int | float | dict, zone: string) -> string",
      summary: "Write a date as RFC 3339 with the offset of a zone",
      errors: "Throws for what is no date or zone",
      example: 'println(date_to_zone(0, "UTC"))',
    },
    (args, context) => {
      const instant = instantAt(args, 0, "date_to_zone");
      return rfc3339Text(instant, requiredZone(args, "date_to_zone", context));
    },
  ),
  pure(
    {
      signature: "date_from_components(components: dict, zone?: string) -> int",
      summary: "Make a date out of `{year, month, day, hour?, minute?, second?}`",
      errors: "Throws for a date or a local time that does not exist",
      example: "println(date_from_components({year: 1970, month: 1, day: 2}))",
    },
    (args, context) => {
      const [components] = args;
      if (args.length === 0) throw thrown("date_from_components: missing components argument");
      if (!(components instanceof Dict)) {
        throw thrown(`date_from_components: expected dict, got ${typeName(components)}`);
      }
      const time = {
        year: componentOf(components, "year"),
        month: componentOf(components, "month"),
        day: componentOf(components, "day"),
        hour: componentOf(components, "hour", 0),
        minute: componentOf(components, "minute", 0),
        second: componentOf(components, "second", 0),
      };
      const problem = problemOf(time);
      if (problem !== undefined) throw thrown(problem);
      const instant = instantInZone(time, optionalZone(args[1], "date_from_components", context));
      if (instant === undefined) {
        throw thrown("date_from_components: local time does not exist in that timezone");
      }
      return timestampOf(instant);
    },
  ),
  durationFrom("ms", 1),
  durationFrom("seconds", 1000),
  durationFrom("minutes", 60_000),
  durationFrom("hours", 3_600_000),
  durationFrom("days", 86_400_000),
  pure(
    {
      signature: "date_add(date: int | float | dict, duration: duration) -> int | float",
      summary: "Give the date that is a duration later",
      errors: "Throws for what is no date or duration",
      example: "println(date_add(0, 1m))",
    },
    (args) => {
      const ms = millisOf(instantAt(args, 0, "date_add")) + durationMs(args, 1, "date_add");
      return ms % 1000 === 0 ? ms / 1000 : new Float(ms / 1000);
    },
  ),
  pure(
    {
      signature: "date_diff(later: int | float | dict, earlier: int | float | dict) -> duration",
      summary: "Give the duration between two dates",
      errors: "Throws for what is no date",
      example: "println(date_diff(60, 0))",
    },
    (args) => new Duration(millisOf(instantAt(args, 0, "date_diff")) - millisOf(instantAt(args, 1, "date_diff"))),
  ),
  pure(
    {
      signature: "duration_to_seconds(duration: duration) -> int",
      summary: "Count the whole seconds of a duration",
      errors: "Throws unless given a duration",
      example: "println(duration_to_seconds(2m))",
    },
    (args) => Math.trunc(durationMs(args, 0, "duration_to_seconds") / 1000),
  ),
  pure(
    {
      signature: "duration_to_human(duration: duration) -> string",
      summary: "Write a duration in its three largest units",
      errors: "Throws unless given a duration",
      example: "println(duration_to_human(90m))",
    },
    (args) => humanText(durationMs(args, 0, "duration_to_human")),
  ),
  pure(
    {
      signature: "weekday_name(date: int | float | dict, zone?: string) -> string",
      summary: "Name the day of the week",
      errors: "Throws for what is no date or zone",
      example: "println(weekday_name(0))",
    },
    (args, context) =>
      formatted(
        instantAt(args, 0, "weekday_name"),
        "%A",
        optionalZone(args[1], "weekday_name", context),
        "weekday_name",
      ),
  ),
  pure(
    {
      signature: "month_name(date: int | float | dict, zone?: string) -> string",
      summary: "Name the month",
      errors: "Throws for what is no date or zone",
      example: "println(month_name(0))",
    },
    (args, context) =>
      formatted(instantAt(args, 0, "month_name"), "%B", optionalZone(args[1], "month_name", context), "month_name"),
  ),
];

/**
 * Formats of dates, in the notation of `strftime`: `%Y-%m-%d`. A `-`, `_` or `0` after the percent sign changes the
 * padding of numbers to none, spaces or zeros.
 */

import { table } from "../../base/index.ts";
import {
  type CivilTime,
  civilTime,
  clockText,
  dateTimeText,
  dayOfYear,
  type Instant,
  isoWeek,
  offsetText,
  twoDigits,
  weekday,
  yearText,
} from "./civil.ts";
import type { Zone } from "./zones.ts";

export const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

interface Moment {
  readonly time: CivilTime;
  readonly instant: Instant;
  readonly zone: Zone;
  /** Cheap to have, asked for rarely. */
  offset(): number;
}

/** A number, to be padded to a width. */
interface Padded {
  readonly value: number;
  readonly width: number;
  readonly fill: "0" | " ";
}

const padded = (value: number, width: number, fill: "0" | " " = "0"): Padded => ({ value, width, fill });
const short = (name: string | undefined): string => (name ?? "").slice(0, 3);
const modulo = (value: number, by: number): number => ((value % by) + by) % by;
const twelve = (hour: number): number => (hour % 12 === 0 ? 12 : hour % 12);
const digits = (nanos: number, count: number): string => String(nanos).padStart(9, "0").slice(0, count);

/** As few of 0, 3, 6, 9 digits as show everything, after a dot. */
export function fractionText(nanos: number): string {
  if (nanos === 0) return "";
  return `.${digits(nanos, nanos % 1_000_000 === 0 ? 3 : nanos % 1000 === 0 ? 6 : 9)}`;
}

const specifiers: Readonly<Record<string, (moment: Moment) => string | Padded>> = table({
  Y: ({ time }) => yearText(time.year),
  C: ({ time }) => padded(Math.floor(time.year / 100), 2),
  y: ({ time }) => padded(modulo(time.year, 100), 2),
  q: ({ time }) => padded(Math.ceil(time.month / 3), 1),
  m: ({ time }) => padded(time.month, 2),
  b: ({ time }) => short(MONTHS[time.month - 1]),
  h: ({ time }) => short(MONTHS[time.month - 1]),
  B: ({ time }) => MONTHS[time.month - 1] ?? "",
  d: ({ time }) => padded(time.day, 2),
  e: ({ time }) => padded(time.day, 2, " "),
  a: ({ time }) => short(WEEKDAYS[weekday(time)]),
  A: ({ time }) => WEEKDAYS[weekday(time)] ?? "",
  w: ({ time }) => padded(weekday(time), 1),
  u: ({ time }) => padded(weekday(time) === 0 ? 7 : weekday(time), 1),
  U: ({ time }) => padded(Math.floor((dayOfYear(time) + 6 - weekday(time)) / 7), 2),
  W: ({ time }) => padded(Math.floor((dayOfYear(time) + 6 - modulo(weekday(time) - 1, 7)) / 7), 2),
  G: ({ time }) => yearText(isoWeek(time).year),
  g: ({ time }) => padded(modulo(isoWeek(time).year, 100), 2),
  V: ({ time }) => padded(isoWeek(time).week, 2),
  j: ({ time }) => padded(dayOfYear(time), 3),
  H: ({ time }) => padded(time.hour, 2),
  k: ({ time }) => padded(time.hour, 2, " "),
  I: ({ time }) => padded(twelve(time.hour), 2),
  l: ({ time }) => padded(twelve(time.hour), 2, " "),
  P: ({ time }) => (time.hour < 12 ? "am" : "pm"),
  p: ({ time }) => (time.hour < 12 ? "AM" : "PM"),
  M: ({ time }) => padded(time.minute, 2),
  S: ({ time }) => padded(time.second, 2),
  f: ({ time }) => padded(time.nanos, 9),
  ".f": ({ time }) => fractionText(time.nanos),
  ".3f": ({ time }) => `.${digits(time.nanos, 3)}`,
  ".6f": ({ time }) => `.${digits(time.nanos, 6)}`,
  ".9f": ({ time }) => `.${digits(time.nanos, 9)}`,
  "3f": ({ time }) => digits(time.nanos, 3),
  "6f": ({ time }) => digits(time.nanos, 6),
  "9f": ({ time }) => digits(time.nanos, 9),
  R: ({ time }) => `${twoDigits(time.hour)}:${twoDigits(time.minute)}`,
  T: ({ time }) => clockText(time),
  X: ({ time }) => clockText(time),
  r: ({ time }) =>
    `${twoDigits(twelve(time.hour))}:${twoDigits(time.minute)}:${twoDigits(time.second)} ${time.hour < 12 ? "AM" : "PM"}`,
  D: ({ time }) => slashed(time),
  x: ({ time }) => slashed(time),
  F: ({ time }) => `${yearText(time.year)}-${twoDigits(time.month)}-${twoDigits(time.day)}`,
  v: ({ time }) => `${String(time.day).padStart(2)}-${short(MONTHS[time.month - 1])}-${yearText(time.year)}`,
  c: ({ time }) =>
    `${short(WEEKDAYS[weekday(time)])} ${short(MONTHS[time.month - 1])} ${String(time.day).padStart(2)} ${clockText(time)} ${yearText(time.year)}`,
  Z: ({ zone, instant }) => zone.abbreviationAt(instant),
  z: (moment) => offsetText(moment.offset(), ""),
  ":z": (moment) => offsetText(moment.offset()),
  "::z": (moment) => `${offsetText(moment.offset())}:${twoDigits(Math.abs(moment.offset()) % 60)}`,
  ":::z": (moment) => offsetText(moment.offset()).slice(0, 3),
  "#z": (moment) =>
    moment.offset() % 3600 === 0 ? offsetText(moment.offset()).slice(0, 3) : offsetText(moment.offset(), ""),
  "+": (moment) => rfc3339Text(moment.instant, moment.zone),
  s: ({ instant }) => padded(instant.seconds, 1),
  t: () => "\t",
  n: () => "\n",
  "%": () => "%",
});

function slashed(time: CivilTime): string {
  return `${twoDigits(time.month)}/${twoDigits(time.day)}/${twoDigits(modulo(time.year, 100))}`;
}

export type Formatted = { readonly text: string } | { readonly unknown: string };

const PATTERN = /%([-_0]?)(:{0,3}z|#z|\.[369]?f|[369]f|[\s\S]?)/gu;

/** `unknown` is the first specifier that is none. */
export function formatInstant(instant: Instant, format: string, zone: Zone): Formatted {
  let known: number | undefined;
  const offset = (): number => {
    known ??= zone.offsetAt(instant);
    return known;
  };
  const moment: Moment = { time: civilTime(instant, offset()), instant, zone, offset };
  let unknown: string | undefined;
  const text = format.replace(PATTERN, (whole, modifier: string, name: string) => {
    const specifier = Object.hasOwn(specifiers, name) ? specifiers[name] : undefined;
    if (specifier === undefined) {
      unknown ??= whole;
      return "";
    }
    const made = specifier(moment);
    return typeof made === "string" ? made : padNumber(made, modifier);
  });
  return unknown === undefined ? { text } : { unknown };
}

function padNumber({ value, width, fill }: Padded, modifier: string): string {
  const sign = value < 0 ? "-" : "";
  const plain = String(Math.abs(value));
  if (modifier === "-") return sign + plain;
  const filler = modifier === "_" ? " " : modifier === "0" ? "0" : fill;
  return filler === "0" ? sign + plain.padStart(width, "0") : (sign + plain).padStart(width, " ");
}

/** `2026-04-25T10:32:09-07:00`, with fraction when there is one. */
export function rfc3339Text(instant: Instant, zone: Zone): string {
  const offset = zone.offsetAt(instant);
  return `${dateTimeText(civilTime(instant, offset))}${fractionText(instant.nanos)}${offsetText(offset)}`;
}

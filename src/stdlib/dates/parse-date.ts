/** Dates out of text: RFC 3339, the usual shorter forms (taken for UTC), or any text with three to six numbers in order. */

import { type CivilTime, daysInMonth, type Instant, secondsOf } from "./civil.ts";

export type ParsedDate = { readonly instant: Instant } | { readonly message: string };

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const LOCAL = /^([+-]?\d{1,6})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?)?$/;

export function parseDate(input: string): ParsedDate {
  const text = input.trim();
  const whole = RFC3339.exec(text);
  if (whole !== null) {
    const [, , , , , , , , sign, hours, minutes] = whole;
    const time = timeOf(whole);
    const offset = sign === undefined ? 0 : (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
    if (Number(hours ?? 0) < 24 && Number(minutes ?? 0) < 60 && problemOf(time) === undefined) {
      return { instant: { seconds: secondsOf(time) - offset, nanos: time.nanos } };
    }
  }
  const local = LOCAL.exec(text);
  if (local !== null) {
    const time = timeOf(local);
    if (problemOf(time) === undefined) return { instant: { seconds: secondsOf(time), nanos: time.nanos } };
  }
  const numbers = [...text.matchAll(/\d+/g)].map(([digits]) => Number(digits)).filter(Number.isSafeInteger);
  const [year, month, day, hour = 0, minute = 0, second = 0] = numbers;
  if (year === undefined || month === undefined || day === undefined) return { message: `Cannot parse date: ${input}` };
  const time = { year, month, day, hour, minute, second, nanos: 0 };
  const message = problemOf(time);
  return message === undefined ? { instant: { seconds: secondsOf(time), nanos: 0 } } : { message };
}

function timeOf([, year, month, day, hour, minute, second, fraction]: RegExpExecArray): CivilTime {
  return {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
    nanos: Number((fraction ?? "").slice(0, 9).padEnd(9, "0")),
  };
}

/** Why a time is none; undefined when it is one. */
export function problemOf({ year, month, day, hour, minute, second }: Omit<CivilTime, "nanos">): string | undefined {
  if (Math.abs(year) > 262_142) return `Invalid year: ${year}`;
  if (month < 1 || month > 12) return `Invalid month: ${month} (must be 1-12)`;
  if (day < 1 || day > 31) return `Invalid day: ${day} (must be 1-31)`;
  if (hour < 0 || hour > 23) return `Invalid hour: ${hour} (must be 0-23)`;
  if (minute < 0 || minute > 59) return `Invalid minute: ${minute} (must be 0-59)`;
  if (second < 0 || second > 59) return `Invalid second: ${second} (must be 0-59)`;
  if (day > daysInMonth(year, month)) {
    const pad = (value: number, width: number): string => String(value).padStart(width, "0");
    return `Invalid date: ${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  }
  return undefined;
}

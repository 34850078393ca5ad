/**
 * The calendar: days and seconds ↔ years, months, hours. Proleptic Gregorian, no leap seconds, years from −262143 to
 * 262142 (year 0 is 1 BC).
 */

/** A moment: whole seconds since 1970-01-01T00:00:00Z, and what is beyond them. */
export interface Instant {
  readonly seconds: number;
  /** 0 ≤ nanos < 1,000,000,000, whole microseconds. */
  readonly nanos: number;
}

export interface CivilDate {
  readonly year: number;
  /** 1–12. */
  readonly month: number;
  /** 1–31. */
  readonly day: number;
}

export interface CivilTime extends CivilDate {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanos: number;
}

export const DAY_SECONDS = 86_400;
export const MIN_SECONDS = -8_334_601_228_800;
export const MAX_SECONDS = 8_210_266_876_799;

const floorDiv = (value: number, by: number): number => Math.floor(value / by);

/** Days since 1970-01-01. Counted in years that start in March, so that the leap day comes last. */
export function daysFromCivil({ year, month, day }: CivilDate): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = floorDiv(shifted, 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = floorDiv(153 * ((month + 9) % 12) + 2, 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export function civilFromDays(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = floorDiv(shifted, 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = floorDiv(
    dayOfEra - floorDiv(dayOfEra, 1460) + floorDiv(dayOfEra, 36_524) - floorDiv(dayOfEra, 146_096),
    365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100));
  const monthFromMarch = floorDiv(5 * dayOfYear + 2, 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - floorDiv(153 * monthFromMarch + 2, 5) + 1,
  };
}

/** The clock on a wall that is `offsetSeconds` ahead of UTC. */
export function civilTime({ seconds, nanos }: Instant, offsetSeconds = 0): CivilTime {
  const local = seconds + offsetSeconds;
  const days = floorDiv(local, DAY_SECONDS);
  const rest = local - days * DAY_SECONDS;
  return {
    ...civilFromDays(days),
    hour: floorDiv(rest, 3600),
    minute: floorDiv(rest % 3600, 60),
    second: rest % 60,
    nanos,
  };
}

/** Seconds since 1970 of a wall clock in UTC. */
export function secondsOf(time: Omit<CivilTime, "nanos">): number {
  return daysFromCivil(time) * DAY_SECONDS + time.hour * 3600 + time.minute * 60 + time.second;
}

export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** 0 is Sunday. */
export function weekday(date: CivilDate): number {
  return (((daysFromCivil(date) + 4) % 7) + 7) % 7;
}

/** 1–366. */
export function dayOfYear(date: CivilDate): number {
  return daysFromCivil(date) - daysFromCivil({ year: date.year, month: 1, day: 1 }) + 1;
}

/** Week of ISO 8601: starts on Monday, the first has the year's first Thursday. */
export function isoWeek(date: CivilDate): { readonly year: number; readonly week: number } {
  const fromMonday = (weekday(date) + 6) % 7;
  const thursday = civilFromDays(daysFromCivil(date) - fromMonday + 3);
  return { year: thursday.year, week: Math.floor((dayOfYear(thursday) - 1) / 7) + 1 };
}

export const twoDigits = (value: number): string => String(value).padStart(2, "0");

/** Four digits; a sign before the year 0 and beyond 9999. */
export function yearText(year: number): string {
  const digits = String(Math.abs(year)).padStart(4, "0");
  if (year < 0) return `-${digits}`;
  return year > 9999 ? `+${digits}` : digits;
}

/** `2026-01-31T12:00:00.000Z` */
export function isoText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const time = civilTime({ seconds, nanos: 0 });
  return `${dateTimeText(time)}.${String(ms - seconds * 1000).padStart(3, "0")}Z`;
}

export function dateTimeText(time: CivilTime): string {
  return `${yearText(time.year)}-${twoDigits(time.month)}-${twoDigits(time.day)}T${clockText(time)}`;
}

export function clockText(time: CivilTime): string {
  return `${twoDigits(time.hour)}:${twoDigits(time.minute)}:${twoDigits(time.second)}`;
}

/** `+02:00` */
export function offsetText(seconds: number, separator = ":"): string {
  const size = Math.abs(seconds);
  return `${seconds < 0 ? "-" : "+"}${twoDigits(Math.floor(size / 3600))}${separator}${twoDigits(Math.floor(size / 60) % 60)}`;
}

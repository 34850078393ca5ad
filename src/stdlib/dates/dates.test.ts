import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { caught, shown } from "../../../test/support/run-harn.ts";
import { civilFromDays, civilTime, daysFromCivil, secondsOf } from "./civil.ts";
import { parseDate } from "./parse-date.ts";
import { formatInstant } from "./strftime.ts";
import { createZone, instantInZone, UTC } from "./zones.ts";

const seconds = (text: string): number => Date.parse(text) / 1000;

describe("the calendar", () => {
  it("agrees with the platform's", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (at) => {
        const time = civilTime({ seconds: at, nanos: 0 });
        const date = new Date(at * 1000);
        expect([time.year, time.month, time.day, time.hour, time.minute, time.second]).toEqual([
          date.getUTCFullYear(),
          date.getUTCMonth() + 1,
          date.getUTCDate(),
          date.getUTCHours(),
          date.getUTCMinutes(),
          date.getUTCSeconds(),
        ]);
        expect(secondsOf(time)).toBe(at);
      }),
    );
  });

  it("goes there and back for all years", () => {
    fc.assert(
      fc.property(fc.integer({ min: -90_000_000, max: 90_000_000 }), (days) => {
        expect(daysFromCivil(civilFromDays(days))).toBe(days);
      }),
    );
  });
});

describe("formats (M3)", () => {
  const at = { seconds: seconds("2026-04-05T07:08:09Z"), nanos: 26_490_000 };
  it.each([
    ["%Y-%m-%d %H:%M:%S", "2026-04-05 07:08:09"],
    ["%y %C %q %j", "26 20 2 095"],
    ["%a %A %b %B %h", "Sun Sunday Apr April Apr"],
    ["%u %w %U %W %G-%V %g", "7 0 14 13 2026-14 26"],
    ["%e|%k|%l|%I %p %P", " 5| 7| 7|07 AM am"],
    ["%-d %-m %_m %0e", "5 4  4 05"],
    ["%f %.f %.3f %.6f %.9f %3f %6f %9f", "026490000 .026490 .026 .026490 .026490000 026 026490 026490000"],
    ["%D %x %F %v", "04/05/26 04/05/26 2026-04-05  5-Apr-2026"],
    ["%R %T %X %r", "07:08 07:08:09 07:08:09 07:08:09 AM"],
    ["%Z %z %:z %::z %#z", "UTC +0000 +00:00 +00:00:00 +00"],
    ["%c", "Sun Apr  5 07:08:09 2026"],
    ["%+", "2026-04-05T07:08:09.026490+00:00"],
    ["%s%t%n%%", "1775372889\t\n%"],
    ["é%dé", "é05é"],
  ])("%s", (format, expected) => {
    expect(formatInstant(at, format, UTC)).toEqual({ text: expected });
  });

  it.each([
    ["%Q", "%Q"],
    ["50%", "%"],
    ["%", "%"],
    ["%é", "%é"],
  ])("%s is not known", (format, unknown) => {
    expect(formatInstant(at, format, UTC)).toEqual({ unknown });
  });

  it.each([
    [-62_167_219_200, "0000"],
    [-62_198_755_200, "-0001"],
    [253_402_300_800, "+10000"],
  ])("years beyond four digits: %s", (from, expected) => {
    expect(formatInstant({ seconds: from, nanos: 0 }, "%Y", UTC)).toEqual({ text: expected });
  });
});

describe("reading dates", () => {
  it.each([
    ["2026-04-25T17:32:09Z", "2026-04-25T17:32:09Z"],
    ["2026-04-25t17:32:09.5+02:00", "2026-04-25T15:32:09.500Z"],
    ["2026-04-25 17:32:09", "2026-04-25T17:32:09Z"],
    ["2026-04-25T17:32", "2026-04-25T17:32:00Z"],
    [" 2026-04-25 ", "2026-04-25T00:00:00Z"],
    ["2024/2/29", "2024-02-29T00:00:00Z"],
    ["on 2026.04.25 at 17h32m09", "2026-04-25T17:32:09Z"],
    ["1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"],
  ])("%s", (text, expected) => {
    const parsed = parseDate(text);
    if ("message" in parsed) throw new Error(parsed.message);
    expect(parsed.instant.seconds + parsed.instant.nanos / 1e9).toBeCloseTo(seconds(expected), 6);
  });

  it.each([
    ["", "Cannot parse date: "],
    ["not a date", "Cannot parse date: not a date"],
    ["2024-13-01", "Invalid month: 13 (must be 1-12)"],
    ["2024-01-32", "Invalid day: 32 (must be 1-31)"],
    ["2023-02-29", "Invalid date: 2023-02-29"],
    ["2024-01-01 24:00:00", "Invalid hour: 24 (must be 0-23)"],
    ["2024-01-01T10:60:00Z", "Invalid minute: 60 (must be 0-59)"],
    ["2024-01-01T10:00:61Z", "Invalid second: 61 (must be 0-59)"],
  ])("%j: %s", (text, message) => {
    expect(parseDate(text)).toEqual({ message });
  });
});

describe("zones", () => {
  it.each([
    ["America/Los_Angeles", "2026-07-01T00:00:00Z", -25_200, "PDT"],
    ["America/Los_Angeles", "2026-01-01T00:00:00Z", -28_800, "PST"],
    ["Europe/Berlin", "2026-07-01T00:00:00Z", 7200, "CEST"],
    ["Europe/London", "2026-07-01T00:00:00Z", 3600, "BST"],
    ["Asia/Kolkata", "2026-07-01T00:00:00Z", 19_800, "IST"],
    ["America/Sao_Paulo", "2026-07-01T00:00:00Z", -10_800, "-03"],
    ["UTC", "2026-07-01T00:00:00Z", 0, "UTC"],
  ])("%s at %s", (name, at, offset, abbreviation) => {
    const zone = createZone(name);
    const instant = { seconds: seconds(at), nanos: 0 };
    expect([zone?.offsetAt(instant), zone?.abbreviationAt(instant)]).toEqual([offset, abbreviation]);
  });

  it("one that is none", () => {
    expect(createZone("Mars/Olympus")).toBeUndefined();
    expect(createZone("")).toBeUndefined();
  });

  it("years that no zone has rules for", () => {
    const berlin = createZone("Europe/Berlin");
    expect(berlin?.offsetAt({ seconds: 8_000_000_000_000, nanos: 0 })).toBe(3600);
  });

  it.each([
    ["ordinary", { year: 2026, month: 4, day: 25, hour: 10 }, "2026-04-25T17:00:00Z"],
    ["shown twice: the earlier", { year: 2026, month: 11, day: 1, hour: 1 }, "2026-11-01T08:00:00Z"],
    ["skipped", { year: 2026, month: 3, day: 8, hour: 2 }, undefined],
  ])("a local time that is %s", (_name, time, expected) => {
    const zone = createZone("America/Los_Angeles")!;
    const instant = instantInZone({ minute: 30, second: 0, ...time }, zone);
    expect(instant?.seconds).toBe(expected === undefined ? undefined : seconds(expected) + 1800);
  });
});

describe("the builtins", () => {
  it.each([
    ["date_format(1705276800.25, '%FT%T%.f')".replaceAll("'", '"'), "2024-01-15T00:00:00.250"],
    ["date_format(0)", "1970-01-01 00:00:00"],
    ["date_format({timestamp: 60})", "1970-01-01 00:01:00"],
    ['date_parse("1970-01-01T00:00:01.5Z")', "1.5"],
    ['date_parse("1970-01-02")', "86400"],
    ['date_in_zone(0, "Asia/Tokyo").iso8601', "1970-01-01T09:00:00+09:00"],
    ['date_to_zone(0.5, "UTC")', "1970-01-01T00:00:00.500+00:00"],
    ['date_from_components({year: 1970, month: 1, day: 1}, "Asia/Tokyo")', "-32400"],
    ["date_add(0, 1500ms)", "1.5"],
    ["date_add(0, 1m)", "60"],
    ["date_diff(60, 0.5)", "59500ms"],
    ["duration_minutes(2)", "2m"],
    ["duration_seconds(1.5)", "1500ms"],
    ["duration_hours(1) == duration_minutes(60)", "false"],
    ["duration_to_seconds(90500ms)", "90"],
    ["duration_to_human(90061001ms)", "1d 1h 1m"],
    ["duration_to_human(0ms)", "0s"],
    ["duration_to_human(duration_ms(-1500))", "-1s 500ms"],
    ["weekday_name(0)", "Thursday"],
    ['month_name(0, "America/Los_Angeles")', "December"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ['date_format("x")', "date_format: expected timestamp number or date dict, got string"],
    ["date_format({})", "date_format: missing timestamp argument"],
    ['date_format(0, "%Q")', "date_format: unknown format specifier '%Q'"],
    ['date_format(0, "%Y", "Nowhere")', "date_format: unknown timezone 'Nowhere'"],
    ["date_format(9000000000000)", "date_format: timestamp out of range"],
    ['date_format(to_float("nan"))', "date_format: timestamp must be finite"],
    ["date_from_components({year: 2024})", "date_from_components: missing month"],
    ['date_from_components({year: "x"})', "date_from_components: year must be an integer, got string"],
    ["date_add(0, 5)", "date_add: expected duration, got int"],
    ["duration_days(9223372036854775807)", "duration_days: duration overflow"],
    ['duration_ms("1")', "duration_ms: expected number, got string"],
  ])("%s fails", async (expression, expected) => {
    expect(await caught(expression)).toBe(expected);
  });
});

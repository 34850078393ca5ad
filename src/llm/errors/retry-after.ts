/**
 * When a server says how long to wait: as a header in milliseconds, seconds or a date, as a field of the body, or as a
 * line in a message that has been through a string. Results are milliseconds, 0 for the past, capped (ERR-10).
 */

/** No hint holds a caller longer than this, milliseconds. */
export const MAX_RETRY_AFTER_MS = 60_000;

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/**
 * ERR-10: the first `retry-after:` in a text, up to the end of its line: seconds (fractional) or an HTTP date.
 * @param nowMs wall clock, milliseconds since the epoch; dates are relative to it
 */
export function parseRetryAfterText(text: string, nowMs: number): number | undefined {
  const line = /retry-after:([^\r\n]*)/i.exec(text)?.[1];
  // Inside "(retry-after: 12)" the bracket belongs to the sentence.
  return line === undefined ? undefined : parseRetryAfterValue(line.trim().replace(/\)+$/, ""), nowMs);
}

/** `retry-after-ms`, then `retry-after`, then `retryDelay` of a Google error body. */
export function retryAfterOf(
  headers: Readonly<Record<string, string>>,
  body: string,
  nowMs: number,
): number | undefined {
  const milliseconds = header(headers, "retry-after-ms");
  if (milliseconds !== undefined && isDecimal(milliseconds)) return clamp(Number(milliseconds));
  const value = header(headers, "retry-after");
  if (value !== undefined) return parseRetryAfterValue(value.trim(), nowMs);
  const delay = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body)?.[1];
  return delay === undefined ? undefined : clamp(Number(delay) * 1000);
}

function parseRetryAfterValue(value: string, nowMs: number): number | undefined {
  const word = value.split(/\s+/, 1)[0] ?? "";
  if (isDecimal(word)) return clamp(Number(word) * 1000);
  const date = parseHttpDate(value);
  return date === undefined ? undefined : clamp(date - nowMs);
}

function isDecimal(text: string): boolean {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text.trim());
}

function clamp(ms: number): number {
  return Math.min(Math.max(Math.trunc(ms), 0), MAX_RETRY_AFTER_MS) + 0;
}

/** The three forms of RFC 9110 section 5.6.7: IMF-fixdate, RFC 850, asctime. */
export function parseHttpDate(text: string): number | undefined {
  const fixdate = /^\w{3}, (\d{1,2}) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC)$/i.exec(text);
  if (fixdate) return utc(fixdate[3], fixdate[2], fixdate[1], fixdate.slice(4));
  const rfc850 = /^\w+, (\d\d)-(\w{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/i.exec(text);
  if (rfc850) {
    const year = Number(rfc850[3]);
    return utc(String(year < 70 ? 2000 + year : 1900 + year), rfc850[2], rfc850[1], rfc850.slice(4));
  }
  const asctime = /^\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/i.exec(text);
  if (asctime) return utc(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6));
  return undefined;
}

function utc(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
  time: readonly (string | undefined)[],
): number | undefined {
  const monthIndex = MONTHS.indexOf((month ?? "").toLowerCase());
  if (monthIndex < 0) return undefined;
  return Date.UTC(Number(year), monthIndex, Number(day), Number(time[0]), Number(time[1]), Number(time[2]));
}

export function header(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  const direct = headers[name];
  if (direct !== undefined) return direct;
  for (const key in headers) if (key.toLowerCase() === name) return headers[key];
  return undefined;
}

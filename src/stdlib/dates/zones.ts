/** Time zones by their IANA names, from the data that the platform's `Intl` carries. */

import type { NativeContext } from "../../vm/index.ts";
import type { Instant } from "./civil.ts";
import { secondsOf } from "./civil.ts";

export interface Zone {
  readonly name: string;
  /** Seconds that local time is ahead of UTC at a moment. */
  offsetAt(instant: Instant): number;
  /** `PDT`, `CEST`; where nobody uses letters, `+03`. */
  abbreviationAt(instant: Instant): string;
}

export const UTC: Zone = { name: "UTC", offsetAt: () => 0, abbreviationAt: () => "UTC" };

/** `Intl` knows an abbreviation in the English of those who use it. */
const LOCALES = ["en-US", "en-GB", "en-AU", "en-NZ", "en-CA", "en-IN", "en-ZA", "ja-JP", "ko-KR"] as const;

/** Rules are asked of `Intl` within these years only: it has no calendar for much earlier or later ones. */
const FIRST_SECONDS = -62_135_596_800;
const LAST_SECONDS = 253_402_300_799;

/** Undefined when the platform does not know the name. */
export function createZone(name: string): Zone | undefined {
  if (name === "UTC") return UTC;
  let fields: Intl.DateTimeFormat;
  try {
    fields = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
  const names = new Map<string, Intl.DateTimeFormat>();
  const clamp = ({ seconds }: Instant): number => Math.min(Math.max(seconds, FIRST_SECONDS), LAST_SECONDS);

  const zone: Zone = {
    name,
    offsetAt(instant) {
      const seconds = clamp(instant);
      const local: Record<string, number> = {};
      for (const { type, value } of fields.formatToParts(seconds * 1000)) local[type] = Number(value);
      const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = local;
      return secondsOf({ year, month, day, hour, minute, second }) - seconds;
    },
    abbreviationAt(instant) {
      const ms = clamp(instant) * 1000;
      for (const locale of LOCALES) {
        let format = names.get(locale);
        if (format === undefined) {
          format = new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: "short" });
          names.set(locale, format);
        }
        const text = format.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "";
        if (/^[A-Z]{2,5}$/.test(text)) return text;
      }
      return numericAbbreviation(zone.offsetAt(instant));
    },
  };
  return zone;
}

function numericAbbreviation(offsetSeconds: number): string {
  const minutes = Math.floor(Math.abs(offsetSeconds) / 60);
  const hours = String(Math.floor(minutes / 60)).padStart(2, "0");
  const rest = minutes % 60 === 0 ? "" : String(minutes % 60).padStart(2, "0");
  return `${offsetSeconds < 0 ? "-" : "+"}${hours}${rest}`;
}

export const ZONES_STATE = "dates.zones";

/** Zones are costly to make; a run keeps those it has used. */
export function zoneOf(name: string, { vm }: NativeContext): Zone | undefined {
  let zones = vm.state.get(ZONES_STATE) as Map<string, Zone> | undefined;
  if (zones === undefined) {
    zones = new Map();
    vm.state.set(ZONES_STATE, zones);
  }
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = createZone(name);
  if (zone !== undefined) zones.set(name, zone);
  return zone;
}

/** The moment at which a zone's clocks show a time: the earlier of two; undefined when they skip it. */
export function instantInZone(local: Parameters<typeof secondsOf>[0], zone: Zone): Instant | undefined {
  const asUtc = secondsOf(local);
  const offsets = [-86_400, 86_400].map((shift) => zone.offsetAt({ seconds: asUtc + shift, nanos: 0 }));
  const found = offsets
    .map((offset) => ({ seconds: asUtc - offset, nanos: 0 }))
    .filter((instant) => zone.offsetAt(instant) === asUtc - instant.seconds)
    .sort((a, b) => a.seconds - b.seconds);
  return found[0];
}

/**
 * What the environment says about model calls, read once: each variable when it is first needed, by name, in the run's
 * life. A process cannot change the environment of a program, so asking again could only tell the same; and everything
 * asked for is an entry in the run's journal. Credentials are not read here, since they are never kept.
 */

import type { Host } from "../../base/index.ts";

export interface EnvSettings {
  /** The variable as it is; undefined when it is not set. */
  get(name: string): string | undefined;
  /** The same settings, what is not known yet asked of another host. */
  through(host: Pick<Host, "sync">): EnvSettings;
  /** What was asked for so far. Plain data; null: not set. */
  save(): SavedEnvSettings;
  load(saved: SavedEnvSettings): void;
}

export type SavedEnvSettings = Readonly<Record<string, string | null>>;

export function createEnvSettings(host: Pick<Host, "sync">): EnvSettings {
  return settingsOver(new Map(), host);
}

function settingsOver(known: Map<string, string | null>, host: Pick<Host, "sync">): EnvSettings {
  return {
    get(name) {
      let value = known.get(name);
      if (value === undefined) {
        value = host.sync("env.get", { name }) ?? null;
        known.set(name, value);
      }
      return value ?? undefined;
    },
    through: (other) => settingsOver(known, other),
    save: () => Object.fromEntries(known),
    load(saved) {
      known.clear();
      for (const [name, value] of Object.entries(saved)) known.set(name, value);
    },
  };
}

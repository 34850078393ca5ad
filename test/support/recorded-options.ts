/** Which keys of a dict of options a reader asks for: holds lists of option names to what is read. */

export interface RecordedOptions {
  readonly options: Readonly<Record<string, unknown>>;
  readonly asked: ReadonlySet<string>;
}

/**
 * A dict of these options that notes every key asked for by its name. To those who go through all keys it is empty, so
 * that looking through a dict is not taken for knowing the names in it.
 */
export function recordedOptions(given: Readonly<Record<string, unknown>>): RecordedOptions {
  const asked = new Set<string>();
  const note = (key: string | symbol): void => {
    if (typeof key === "string") asked.add(key);
  };
  const options = new Proxy(
    { ...given },
    {
      get: (target, key) => {
        note(key);
        return Reflect.get(target, key) as unknown;
      },
      has: (target, key) => {
        note(key);
        return Reflect.has(target, key);
      },
      getOwnPropertyDescriptor: (target, key) => {
        note(key);
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
      ownKeys: () => [],
    },
  );
  return { options, asked };
}

/** All keys that a reader asks for under some of these configurations, in order. */
export async function askedKeys(
  configurations: readonly Readonly<Record<string, unknown>>[],
  read: (options: Readonly<Record<string, unknown>>) => unknown,
): Promise<readonly string[]> {
  const all = new Set<string>();
  for (const given of configurations) {
    const { options, asked } = recordedOptions(given);
    await read(options);
    for (const key of asked) all.add(key);
  }
  return [...all].sort();
}

/** The same for a reader of a map. */
export async function askedMapKeys<V>(
  configurations: readonly Readonly<Record<string, V>>[],
  read: (options: ReadonlyMap<string, V>) => unknown,
): Promise<readonly string[]> {
  const asked = new Set<string>();
  class RecordingMap extends Map<string, V> {
    override get(key: string): V | undefined {
      asked.add(key);
      return super.get(key);
    }
    override has(key: string): boolean {
      asked.add(key);
      return super.has(key);
    }
  }
  for (const given of configurations) await read(new RecordingMap(Object.entries(given)));
  return [...asked].sort();
}

/**
 * A table by names that come from outside: it has its own and no others, where an object literal also has `constructor`,
 * `toString` and `__proto__`.
 */
export function table<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.freeze(Object.assign(Object.create(null) as Record<string, T>, entries));
}

/**
 * How large values may get. Past its own limits the platform throws for strings, dicts and sets, but takes the process
 * with it for lists: those are counted wherever they grow.
 */

/** Items of a list. Well below where the platform gives up. */
export const MAX_ITEMS: number = 2 ** 26;

const ITEM_LIMIT_MESSAGE = `a list holds at most ${MAX_ITEMS} items`;

/** Where lists grow without another limit. @throws RangeError which the VM makes an error of the program */
export function checkItemCount(count: number): void {
  if (count > MAX_ITEMS) throw new RangeError(ITEM_LIMIT_MESSAGE);
}

/** What the platform says when it cannot make a value that large, and what we say. */
const PLATFORM_LIMITS: readonly (readonly [RegExp, string])[] = [
  [/string length|count value/i, "a string cannot be that long"],
  [/array length|typed array|array buffer/i, "a list cannot hold that many items"],
  [/(?:map|set) maximum size/i, "a dict or set cannot hold that many entries"],
  [/bigint/i, "a number cannot have that many digits"],
];

/** What was too large, for the program to read; undefined when the error is not about size. */
export function tooLarge(message: string): string | undefined {
  if (message === ITEM_LIMIT_MESSAGE) return message;
  return PLATFORM_LIMITS.find(([pattern]) => pattern.test(message))?.[1];
}

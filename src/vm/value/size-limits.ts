/**
 * How large values may get. Past its own limits the platform throws for strings, dicts and sets, but takes the process
 * with it for lists: those are counted wherever they grow. What a builtin makes of a number alone is measured first.
 */

/** Items of a list. Well below where the platform gives up. */
export const MAX_ITEMS: number = 2 ** 26;

/** UTF-16 units of a string that is made by repeating another. */
export const MAX_REPEATED_LENGTH: number = 2 ** 28;

/** A value that would be too large; the VM makes it an error of the program. */
export class TooLarge extends RangeError {}

/** Where lists grow without another limit. @throws TooLarge */
export function checkItemCount(count: number): void {
  if (count > MAX_ITEMS) throw tooManyItems(count);
}

function tooManyItems(count: number): TooLarge {
  return new TooLarge(
    `a list holds at most ${MAX_ITEMS} items, this one would have ${count}: go through them one by one, or in parts`,
  );
}

/** @throws TooLarge */
export function repeatText(text: string, times: number): string {
  if (times <= 0) return "";
  const length = text.length * times;
  if (length > MAX_REPEATED_LENGTH) {
    throw new TooLarge(
      `repeating makes strings of at most ${MAX_REPEATED_LENGTH} characters, this one would have ${length}: write it in parts`,
    );
  }
  return text.repeat(times);
}

/** What the platform says when it cannot make a value that large, and what we say. */
const PLATFORM_LIMITS: readonly (readonly [RegExp, string])[] = [
  [/string length|count value/i, "a string cannot be that long"],
  [/array length|typed array|array buffer/i, "a list cannot hold that many items"],
  [/(?:map|set) maximum size/i, "a dict or set cannot hold that many entries"],
  [/bigint/i, "a number cannot have that many digits"],
];

/** What was too large, for the program to read; undefined when the error is not about size. */
export function whatIsTooLarge(error: RangeError): string | undefined {
  if (error instanceof TooLarge) return error.message;
  return PLATFORM_LIMITS.find(([pattern]) => pattern.test(error.message))?.[1];
}

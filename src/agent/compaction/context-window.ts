/** Context windows by model name, for when nobody knows better (COMPACT-14). First match wins. */

const WINDOWS: readonly (readonly [pattern: RegExp, tokens: number])[] = [
  [/opus-4-7|opus-4-6|sonnet-4-6/, 1_000_000],
  [/claude/, 200_000],
  [/gpt-4/, 128_000],
  [/^o[134]/, 200_000],
  [/minimax|deepseek/, 1_000_000],
];

const DEFAULT_WINDOW = 128_000;

/** Tokens that a model takes, by its name; 128,000 for one that is not known. */
export function contextWindowOf(model: string): number {
  const name = model.toLowerCase();
  return WINDOWS.find(([pattern]) => pattern.test(name))?.[1] ?? DEFAULT_WINDOW;
}

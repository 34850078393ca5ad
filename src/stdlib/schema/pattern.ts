/** `pattern` of a schema: found anywhere in the text unless anchored. */

export type PatternResult =
  | { readonly kind: "tested"; readonly matches: boolean }
  | { readonly kind: "invalid"; readonly reason: string };

export function matchesPattern(pattern: string, text: string): PatternResult {
  try {
    return { kind: "tested", matches: new RegExp(pattern, "u").test(text) };
  } catch (error) {
    return { kind: "invalid", reason: error instanceof Error ? error.message : String(error) };
  }
}

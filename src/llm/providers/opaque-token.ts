/**
 * Signatures and encrypted reasoning go back only to the kind of provider that made them. A history may have met several,
 * so every format but Anthropic's marks its tokens with its name and takes back only its own; a token without a mark is
 * Anthropic's.
 */

export type TokenMaker = "gemini" | "openai" | "openrouter" | "ai-sdk";

export function markToken(maker: TokenMaker, token: string): string {
  return `${maker}:${token}`;
}

/** The token without its mark; undefined when somebody else made it. */
export function unmarkToken(maker: TokenMaker, token: string | undefined): string | undefined {
  return token?.startsWith(`${maker}:`) ? token.slice(maker.length + 1) : undefined;
}

/** A token that carries no mark. */
export function unmarkedToken(token: string | undefined): string | undefined {
  return token === undefined || /^(?:gemini|openai|openrouter|ai-sdk):/.test(token) ? undefined : token;
}

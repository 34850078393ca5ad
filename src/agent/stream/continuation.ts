/**
 * Going on with an answer that was cut off after the consumer had seen its beginning.
 *
 * The request is repeated with the shown text as the beginning of the answer. What comes back may overlap the shown
 * text: nothing (an exact continuation), all of it (a provider that echoes the prefill), or some of it (a model that was
 * asked in words and starts a little early). {@link createOverlapTrimmer} holds the new text back until it is clear
 * where it is new. Which of the three a provider does is declared, not guessed: guessing would eat a legitimate "ha ha".
 */

import type { ModelInput } from "../../llm/index.ts";

/** `none`: exact. `echo`: the whole shown text may come again. `search`: the longest repeat of its end is removed. */
export type Overlap = "none" | "echo" | "search";

export interface Continuation {
  readonly overlap: Overlap;
  /** The request for the rest; undefined when this provider, or this request, cannot be continued. */
  request(input: ModelInput, shownText: string): ModelInput | undefined;
}

/**
 * Continuation through `prefill`. Providers refuse trailing whitespace there, so it is cut and, should it come again,
 * removed. Thinking is switched off for the rest, since a prefilled answer cannot think first.
 */
export function continueByPrefill(options: { echoes?: boolean } = {}): Continuation {
  return {
    overlap: options.echoes === true ? "echo" : "none",
    request(input, shownText) {
      const { thinking: _thinking, ...rest } = input;
      return { ...rest, prefill: (input.prefill ?? "") + shownText.trimEnd() };
    },
  };
}

/** Continuation by asking, for providers without prefill. */
export function continueByAsking(instruction: string = CONTINUE_INSTRUCTION): Continuation {
  return {
    overlap: "search",
    request(input, shownText) {
      const partial = { role: "assistant", text: shownText.trimEnd(), toolCalls: [] } as const;
      return { ...input, messages: [...input.messages, partial, { role: "user", content: instruction }] };
    },
  };
}

const CONTINUE_INSTRUCTION =
  "The connection broke while you were answering. Go on exactly where your last message stops: do not repeat any of it, do not comment on the break.";

/** Longest repeat that is looked for, and shortest that counts, in UTF-16 units. */
const SEARCH_WINDOW = 400;
const SEARCH_MINIMUM = 12;

export interface OverlapTrimmer {
  /** Takes a delta of the continuation; gives back what is new and certain. */
  feed(delta: string): string;
  /** What was still held back when the continuation ended. */
  flush(): string;
}

export function createOverlapTrimmer(overlap: Overlap, shownText: string): OverlapTrimmer {
  const sent = shownText.trimEnd();
  const blank = shownText.slice(sent.length);
  let held = "";
  let decided = false;

  /** How much of `held` repeats what was shown, or undefined while more text could change that. */
  const repeated = (isLast: boolean): number | undefined => {
    if (overlap !== "none" && shownText !== "") {
      if (held.length < shownText.length && shownText.startsWith(held) && !isLast) return undefined;
      if (held.startsWith(sent)) {
        const rest = commonStart(held.slice(sent.length), blank, isLast);
        return rest === undefined ? undefined : sent.length + rest;
      }
      if (overlap === "search") {
        const window = Math.min(SEARCH_WINDOW, shownText.length);
        if (held.length < window && !isLast) return undefined;
        return longestRepeat(shownText.slice(-window), held);
      }
    }
    return commonStart(held, blank, isLast);
  };

  return {
    feed(delta) {
      if (decided) return delta;
      held += delta;
      const length = repeated(false);
      if (length === undefined) return "";
      decided = true;
      return held.slice(length);
    },
    flush() {
      if (decided) return "";
      decided = true;
      return held.slice(repeated(true) ?? 0);
    },
  };
}

/** Length of the common start, or undefined while `text` is shorter than `expected` and agrees so far. */
function commonStart(text: string, expected: string, isLast: boolean): number | undefined {
  let at = 0;
  while (at < text.length && at < expected.length && text[at] === expected[at]) at++;
  return at === text.length && at < expected.length && !isLast ? undefined : at;
}

/** The longest end of `shown` that `text` starts with, if it is long enough to be no accident. */
function longestRepeat(shown: string, text: string): number {
  for (let length = Math.min(shown.length, text.length); length >= SEARCH_MINIMUM; length--) {
    if (shown.endsWith(text.slice(0, length))) return length;
  }
  return 0;
}

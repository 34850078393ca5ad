/**
 * Reasoning that a model writes into its text between `<think>` and `</think>`. Tags may be cut by delta borders, so a
 * possible beginning of a tag is held back until the next delta decides.
 */

const OPEN = "<think>";
const CLOSE = "</think>";

export interface InlineThinkingSplitter {
  /** Calls back for each piece of text or reasoning that is certain. */
  push(delta: string, onText: (text: string) => void, onThinking: (text: string) => void): void;
  /** Hands out what was held back: it was no tag. */
  flush(onText: (text: string) => void, onThinking: (text: string) => void): void;
}

/** @param place `leading`: only before any other text; `anywhere`: every pair of tags */
export function createInlineThinkingSplitter(place: "leading" | "anywhere"): InlineThinkingSplitter {
  let inside = false;
  let held = "";
  /** Something other than space has been seen. */
  let begun = false;
  /** After a block, the line breaks that only separate it are dropped. */
  let afterBlock = false;
  let plain = false;

  const emitText = (text: string, onText: (text: string) => void): void => {
    const shown = afterBlock ? text.replace(/^\n+/, "") : text;
    if (shown === "") return;
    afterBlock = false;
    if (!begun && shown.trim() !== "") begun = true;
    if (begun && place === "leading") plain = true;
    onText(shown);
  };

  return {
    push(delta, onText, onThinking) {
      if (plain) {
        onText(delta);
        return;
      }
      let rest = held + delta;
      held = "";
      while (rest !== "") {
        const tag = inside ? CLOSE : OPEN;
        const at = rest.indexOf(tag);
        const opensTooLate = !inside && place === "leading" && at > 0 && rest.slice(0, at).trim() !== "";
        if (at >= 0 && !opensTooLate) {
          const before = rest.slice(0, at);
          if (inside) {
            if (before !== "") onThinking(before);
            afterBlock = true;
          } else if (before.trim() !== "" || begun) {
            emitText(before, onText);
          }
          inside = !inside;
          rest = rest.slice(at + tag.length);
          continue;
        }
        const keep = opensTooLate ? 0 : possibleStart(rest, tag);
        const sure = rest.slice(0, rest.length - keep);
        held = rest.slice(rest.length - keep);
        if (inside) {
          if (sure !== "") onThinking(sure);
        } else if (!begun && sure.trim() === "") {
          // Space before a first tag belongs to neither.
          held = sure + held;
        } else {
          emitText(sure, onText);
        }
        if (plain && held !== "") {
          onText(held);
          held = "";
        }
        return;
      }
    },
    flush(onText, onThinking) {
      const rest = held;
      held = "";
      if (rest === "") return;
      if (inside) onThinking(rest);
      else onText(afterBlock ? rest.replace(/^\n+/, "") : rest);
    },
  };
}

/** How many characters at the end of the text could begin the tag. */
function possibleStart(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (tag.startsWith(text.slice(text.length - length))) return length;
  }
  return 0;
}

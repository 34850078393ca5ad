/**
 * What of an answer people are shown (RES-07): no reasoning, no calls, no markers; prose without its tags; and when the
 * model addressed the user expressly, only that.
 */

/** Blocks that are never shown, from the start of the opener to the end of the closer. */
const HIDDEN: readonly (readonly [open: string, close: string, closeEnd: string])[] = [
  ["<think>", "</think>", ""],
  ["<|tool_call|>", "</|tool_call|>", ""],
  ["<tool_call>", "</tool_call>", ""],
  ["<done>", "</done>", ""],
  ["<tool_result", "</tool_result>", ""],
  ["[result of ", "[end of ", "]"],
];

const MARKER_LINE = /^[^\S\n]*(?:##DONE##|DONE|PLAN_READY)[^\S\n]*$/gm;

/**
 * @param partial true while the answer streams: what has opened and not closed, and a marker that may be growing at the
 *   end, are held back
 */
export function visibleText(answer: string, partial = false): string {
  let text = answer;
  for (const [open, close, closeEnd] of HIDDEN) text = withoutBlocks(text, open, close, closeEnd);
  const thinking = text.indexOf("<think>");
  if (thinking >= 0) text = text.slice(0, thinking);
  text = text.replace(MARKER_LINE, "");
  text = addressedToUser(text) ?? unwrapped(text);
  if (partial) text = withoutGrowingMarker(withoutOpenBlock(text));
  return text
    .replaceAll("\r\n", "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** Linear, unlike a lazy pattern, when a model repeats an opener for ever. */
function withoutBlocks(text: string, open: string, close: string, closeEnd: string): string {
  let out = "";
  let from = 0;
  for (;;) {
    const start = text.indexOf(open, from);
    const stop = start < 0 ? -1 : text.indexOf(close, start + open.length);
    const end = stop < 0 || closeEnd === "" ? stop + close.length : text.indexOf(closeEnd, stop) + closeEnd.length;
    if (stop < 0 || end < stop) return out + text.slice(from);
    out += text.slice(from, start);
    from = end;
  }
}

/** The bodies of `<tag>` blocks, trimmed, and the text with the tags of closed blocks taken off. */
function blocks(text: string, tag: string): { readonly bodies: readonly string[]; readonly text: string } {
  const bodies: string[] = [];
  let out = "";
  let from = 0;
  for (;;) {
    const start = text.indexOf(`<${tag}>`, from);
    const stop = start < 0 ? -1 : text.indexOf(`</${tag}>`, start);
    if (stop < 0) return { bodies, text: out + text.slice(from) };
    const body = text.slice(start + tag.length + 2, stop).trim();
    bodies.push(body);
    out += text.slice(from, start) + body;
    from = stop + tag.length + 3;
  }
}

function addressedToUser(text: string): string | undefined {
  const parts = blocks(text, "user_response").bodies.filter((body) => body !== "");
  return parts.length === 0 ? undefined : parts.join("\n\n");
}

const unwrapped = (text: string): string => blocks(text, "assistant_prose").text;

// ---- While it streams ------------------------------------------------------------------------------------------------

const OPENERS: readonly (readonly [open: string, close: string])[] = [
  ["<|tool_call|>", "</|tool_call|>"],
  ["<tool_call>", "</tool_call>"],
  ["<done>", "</done>"],
  ["<user_response>", "</user_response>"],
  ["[result of ", "[end of "],
  ["<tool_result", "</tool_result>"],
];

function withoutOpenBlock(text: string): string {
  for (const [open, close] of OPENERS) {
    const at = text.lastIndexOf(open);
    if (at >= 0 && text.lastIndexOf(close) < at) return text.slice(0, at);
  }
  return text;
}

const MARKERS = [...OPENERS.map(([open]) => open), "<assistant_prose>", "<think>", "##DONE##", "PLAN_READY"];

/** The end of the text may be the start of a marker: show it only when it has turned out not to be one. */
function withoutGrowingMarker(text: string): string {
  for (const marker of MARKERS) {
    for (let length = marker.length - 1; length > 0; length--) {
      if (text.endsWith(marker.slice(0, length))) return text.slice(0, -length);
    }
  }
  return text;
}

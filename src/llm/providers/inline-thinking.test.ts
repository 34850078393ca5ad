import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createInlineThinkingSplitter } from "./inline-thinking.ts";

function split(place: "leading" | "anywhere", deltas: readonly string[]): { text: string; thinking: string } {
  const splitter = createInlineThinkingSplitter(place);
  let text = "";
  let thinking = "";
  const onText = (piece: string) => {
    text += piece;
  };
  const onThinking = (piece: string) => {
    thinking += piece;
  };
  for (const delta of deltas) splitter.push(delta, onText, onThinking);
  splitter.flush(onText, onThinking);
  return { text, thinking };
}

const CASES: readonly [string, "leading" | "anywhere", string, string, string][] = [
  ["no tags", "anywhere", "plain < text >", "plain < text >", ""],
  ["a block at the beginning", "leading", "<think>a</think>\n\nb", "b", "a"],
  ["space before it", "leading", "\n <think>a</think>b", "b", "a"],
  ["a later block is text where only a leading one counts", "leading", "x <think>a</think>", "x <think>a</think>", ""],
  ["several blocks", "anywhere", "x<think>a</think>\ny<think>b</think>z", "xyz", "ab"],
  ["an open block", "anywhere", "x<think>never closed", "x", "never closed"],
  ["a tag that is none", "anywhere", "<thin air> and </think>", "<thin air> and </think>", ""],
  ["half a tag at the end", "anywhere", "x<thi", "x<thi", ""],
  ["half a closing tag at the end", "anywhere", "<think>x</th", "", "x</th"],
  ["only space", "anywhere", "  \n", "  \n", ""],
];

describe("HTTP-07: reasoning inside the text", () => {
  it.each(CASES)("HTTP-07: %s", (_, place, input, text, thinking) => {
    expect(split(place, [input])).toEqual({ text, thinking });
    expect(split(place, Array.from(input))).toEqual({ text, thinking });
  });

  it("HTTP-07: deltas may be cut anywhere", () => {
    const whole = "a<think>b<c</think>\n\nd</e <think>f</think>g";
    const expected = split("anywhere", [whole]);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: whole.length })), (places) => {
        const cuts = [0, ...places.sort((a, b) => a - b), whole.length];
        const deltas = cuts.slice(1).map((end, at) => whole.slice(cuts[at], end));
        expect(split("anywhere", deltas)).toEqual(expected);
      }),
    );
  });
});

import { describe, expect, test } from "vitest";
import { visibleText } from "./visible-text.ts";

describe("RES-07 what people see", () => {
  test.each([
    ["plain text", "  Hello  ", "Hello"],
    ["reasoning", "Hi <think>secret</think>there", "Hi there"],
    ["reasoning that never closed", "Hi <think>secret", "Hi"],
    [
      "calls, results and done markers",
      "a<tool_call>x({})</tool_call>b<tool_result id=1>r</tool_result>c<done>D</done>",
      "abc",
    ],
    ["tool results as text", "a [result of read]\nstuff\n[end of read result] b", "a  b"],
    ["marker lines", "text\n##DONE##\nDONE\nPLAN_READY", "text"],
    ["assistant prose is unwrapped", "<assistant_prose>\n one \n</assistant_prose> two", "one two"],
    [
      "a user response supersedes all other prose",
      "noise <assistant_prose>inner</assistant_prose><user_response> A </user_response><user_response>B</user_response>",
      "A\n\nB",
    ],
    ["JSON is an answer like any other", '{"mode":"ask_user","steps":[1]}', '{"mode":"ask_user","steps":[1]}'],
    ["blank lines collapse", "a\n\n\n\nb", "a\n\nb"],
  ])("%s", (_name, text, expected) => {
    expect(visibleText(text)).toBe(expected);
  });

  test.each([
    ["an open call", "Hello <tool_call>edit({", "Hello"],
    ["a growing tag", "Hello <tool_c", "Hello"],
    ["a growing marker", "Hello\n##DON", "Hello"],
    ["an open user response", "x <user_response>Visi", "x"],
  ])("while streaming, %s is held back", (_name, text, expected) => {
    expect(visibleText(text, true)).toBe(expected);
  });

  test("repeated openers take linear time", () => {
    const start = performance.now();
    for (const tag of ["<done>", "<tool_call>", "<assistant_prose>", "<user_response>", "[result of "]) {
      visibleText(tag.repeat(30_000));
    }
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

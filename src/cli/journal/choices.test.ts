import { describe, expect, it } from "vitest";
import { ASK_IN_DOUBT, addInDoubtChoice } from "./choices.ts";

describe("what is said about effects in doubt", () => {
  it("a word holds for all, ENTRY=CHOICE for one, the last counts", () => {
    const said = ["fail", "12=done", "3=retry", "12=stop"].reduce(
      (before, text) => addInDoubtChoice(text, before) ?? before,
      ASK_IN_DOUBT,
    );
    expect(said.otherwise).toBe("fail");
    expect([...said.byEntry]).toEqual([
      [12, "stop"],
      [3, "retry"],
    ]);
    expect(ASK_IN_DOUBT.byEntry.size).toBe(0);
  });

  it.each(["", "no", "=retry", "x=retry", "-1=retry", "1=", "1=no", "1.5=retry"])("%j is nothing", (text) => {
    expect(addInDoubtChoice(text, ASK_IN_DOUBT)).toBeUndefined();
  });
});

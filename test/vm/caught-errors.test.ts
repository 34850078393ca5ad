import { expect, it } from "vitest";
import { printed } from "../support/run-harn.ts";

/** Found by fuzzing: each caught error began the count to the next look at the other tasks anew. */
it("a loop that catches an error each time around leaves room for other tasks", async () => {
  const lines = await printed(`
let other = spawn { println("ran") }
spawn { while true { try { throw "again" } catch (e) { } } }
await(other)
println("over")`);
  expect(lines).toEqual(["ran", "over"]);
});

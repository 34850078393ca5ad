import { expect, it } from "vitest";
import { caught, printed } from "../support/run-harn.ts";

// The loops end by themselves, long after everybody's turn should have come: what they guard against fails a test
// instead of holding it up.

/** Found by fuzzing: each caught error began the count to the next look at the other tasks anew. */
it("a loop that catches an error each time around leaves room for other tasks", async () => {
  const lines = await printed(`
let isOver = atomic(0)
let other = spawn { println("ran") }
let loop = spawn {
  for _ in 0 to 300000 { try { throw "again" } catch (e) { } }
  atomic_set(isOver, 1)
}
await(other)
println("the loop has ended \${atomic_get(isOver)} times before that")
cancel(loop)`);
  expect(lines).toEqual(["ran", "the loop has ended 0 times before that"]);
});

it("a loop that catches an error each time around is stopped by its deadline", async () => {
  expect(
    await caught(`deadline 0ms {
  for _ in 0 to 300000 { try { throw "again" } catch (e) { } }
  "never stopped"
}`),
  ).toBe("Deadline exceeded");
});

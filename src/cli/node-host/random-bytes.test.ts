import { expect, it } from "vitest";
import { createNodeHost } from "./node-host.ts";

it("random bytes are given out once, in any mixture of sizes, and belong to whoever asked", () => {
  const host = createNodeHost();
  try {
    const seen = new Set<string>();
    let asked = 0;
    for (let round = 0; round < 400; round++) {
      for (const length of [16, 64, 12, 65, 4_000]) {
        const bytes = host.sync("random.bytes", { length });
        expect(bytes).toHaveLength(length);
        seen.add(Buffer.from(bytes.subarray(0, 12)).toString("hex"));
        asked++;
        // What the asker does with them is nobody else's business.
        bytes.fill(0);
      }
    }
    expect(host.sync("random.bytes", { length: 0 })).toHaveLength(0);
    expect(seen.size).toBe(asked);
  } finally {
    host.close();
  }
});

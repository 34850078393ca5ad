import { expect, it } from "vitest";
import type { JsonObject } from "../../base/index.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { createWorkerPool, readWorkerCarry } from "./worker-pool.ts";

it("who waits for a worker that has just ended finds its end on disk", async () => {
  const host = createVirtualHost();
  const pool = createWorkerPool(host);
  let end: (result: JsonObject) => void = () => {};
  const result = new Promise<JsonObject>((resolve) => {
    end = resolve;
  });
  const handle = await host.drive(
    pool.start({
      name: "w",
      mode: "sub_agent",
      task: "Go",
      sessionId: "s",
      request: {},
      carry: readWorkerCarry(undefined),
      run: () => result,
    }),
  );
  end({ ok: true, transcript: { messages: ["said"] } });
  for (let i = 0; i < 100 && pool.list()[0]?.["status"] === "running"; i++) await Promise.resolve();
  expect(pool.list()[0]?.["status"]).toBe("completed");
  // What it writes is on its way.
  await pool.wait(String(handle["id"]));
  const written = await host.drive(host.perform("fs.read", { path: String(handle["snapshot_path"]) }));
  expect(JSON.parse(new TextDecoder().decode(written))).toMatchObject({
    status: "completed",
    transcript: { messages: ["said"] },
  });
});

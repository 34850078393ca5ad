import { describe, expect, it } from "vitest";
import { CancelToken, type HarnError, type HostError, type Json } from "../base/index.ts";
import { countResources, withFaults } from "./host-decorators.ts";
import { createVirtualHost } from "./virtual-host.ts";

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("virtual host: time", () => {
  it("drives a program through its sleeps without real time passing", async () => {
    const host = createVirtualHost({ startMs: 1000 });
    const order: string[] = [];
    const program = async () => {
      const nap = async (name: string, ms: number) => {
        await host.perform("sleep", { ms });
        order.push(`${name}@${host.sync("clock.now", {})}`);
      };
      await Promise.all([nap("slow", 3_600_000), nap("quick", 10), nap("tie", 10)]);
      return "done";
    };
    await expect(host.drive(program())).resolves.toBe("done");
    expect(order).toEqual(["quick@1010", "tie@1010", "slow@3601000"]);
  });

  it("advance stops at its target, and sleepers set on the way count", async () => {
    const host = createVirtualHost();
    const ticks: number[] = [];
    const ticker = (async () => {
      for (let i = 0; i < 10; i++) {
        await host.perform("sleep", { ms: 10 });
        ticks.push(host.sync("clock.monotonic", {}));
      }
    })();
    await host.advance(35);
    expect(ticks).toEqual([10, 20, 30]);
    expect(host.sync("clock.monotonic", {})).toBe(35);
    await host.runUntilIdle();
    await ticker;
    expect(ticks).toHaveLength(10);
  });

  it("names a deadlock instead of hanging", async () => {
    const host = createVirtualHost();
    const error = await host.drive(new Promise(() => {})).catch((e: unknown) => e);
    expect((error as HarnError).code).toBe("test.deadlock");
  });

  it("drive passes on a failure", async () => {
    const host = createVirtualHost();
    await expect(host.drive(Promise.reject(new Error("no")))).rejects.toThrow("no");
  });
});

describe("virtual host: the rest of the world", () => {
  it("gives the same ids and numbers to two hosts of one seed", () => {
    const draw = () => {
      const host = createVirtualHost({ seed: 5 });
      return [
        host.sync("id.next", { prefix: "run" }),
        host.sync("id.next", { prefix: "run" }),
        host.sync("random.float", {}),
      ];
    };
    expect(draw()).toEqual(draw());
    expect(draw().slice(0, 2)).toEqual(["run_1", "run_2"]);
  });

  it("reads lines and the rest of standard input, then its end", async () => {
    const host = createVirtualHost({ stdin: "one\r\ntwo\nthree" });
    expect(await host.perform("console.readLine", { prompt: "? " })).toBe("one");
    expect(await host.perform("console.readAll", {})).toBe("two\nthree");
    expect(await host.perform("console.readLine", {})).toBeUndefined();
    expect(host.stdout()).toBe("? ");
  });

  it("finds secrets in the environment first, and nothing inherited from objects", () => {
    const host = createVirtualHost({ env: { KEY: "env" }, secrets: { KEY: "store", OTHER: "store" } });
    expect(host.sync("secret.get", { name: "KEY" })).toBe("env");
    expect(host.sync("secret.get", { name: "OTHER" })).toBe("store");
    expect(host.sync("env.get", { name: "toString" })).toBeUndefined();
    expect(host.sync("secret.get", { name: "constructor" })).toBeUndefined();
  });

  it("answers HTTP from a script, whole and streamed", async () => {
    const host = createVirtualHost({
      http: ({ url }) => ({
        status: 201,
        headers: { "x-url": url },
        body: [{ item: "a" }, { waitMs: 5 }, { item: "b" }],
      }),
    });
    const request = { method: "GET", url: "http://a.test/", headers: {} };
    const response = await host.drive(host.perform("http.request", request));
    expect([response.status, response.headers["x-url"], text(response.body)]).toEqual([201, "http://a.test/", "ab"]);
    const items = await host.drive(collect(host.stream("http.stream", request)));
    expect(items.map((item) => (item.kind === "head" ? item.status : text(item.bytes)))).toEqual([201, "a", "b"]);
    expect(host.requests.http).toHaveLength(2);
  });

  it("times out when the head is late, and keeps the time", async () => {
    const host = createVirtualHost({ http: () => ({ headAfterMs: 50 }) });
    const request = { method: "GET", url: "http://a.test/", headers: {}, timeoutMs: 20 };
    const error = await host.drive(host.perform("http.request", request)).catch((e: unknown) => e);
    expect((error as HostError).kind).toBe("timeout");
    expect(host.clock.elapsedMs).toBe(20);
  });

  it.each([
    ["no script", {}, "connection_refused"],
    ["a scripted failure", { http: () => ({ fail: "dns" as const }) }, "dns"],
    [
      "a cut body",
      { http: () => ({ body: [{ item: "x" }, { fail: "connection_reset" as const }] }) },
      "connection_reset",
    ],
  ])("HTTP: %s", async (_, options, kind) => {
    const host = createVirtualHost(options);
    const request = { method: "GET", url: "http://a.test/", headers: {} };
    const error = await host.drive(host.perform("http.request", request)).catch((e: unknown) => e);
    expect((error as HostError).kind).toBe(kind);
  });

  it("runs scripted processes and kills them at their time-out", async () => {
    const host = createVirtualHost({
      process: ({ command }) => (command === "slow" ? { runsMs: 100 } : { exitCode: 3, stdout: new Uint8Array([65]) }),
    });
    const quick = await host.drive(host.perform("process.run", { command: "quick", args: [] }));
    expect([quick.exitCode, text(quick.stdout), quick.timedOut]).toEqual([3, "A", false]);
    const slow = await host.drive(host.perform("process.run", { command: "slow", args: [], timeoutMs: 30 }));
    expect([slow.exitCode, slow.timedOut, host.clock.elapsedMs]).toEqual([null, true, 30]);
  });

  it("a stalled model ends with the signal's reason, and with an early return", async () => {
    const host = createVirtualHost({ model: () => [{ item: "hello" }, { stall: true }] });
    const token = new CancelToken();
    const reading = collect(host.stream("model.stream", {}, token));
    await host.settle();
    token.cancel("enough");
    await expect(reading).rejects.toBe("enough");
    expect(token.listenerCount).toBe(0);

    const iterator = host.stream("model.stream", {})[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: "hello" });
    const hanging = iterator.next();
    await iterator.return?.();
    expect(await hanging).toEqual({ done: true, value: undefined });
  });
});

describe("host decorators", () => {
  it("fails the chosen calls only", async () => {
    const inner = createVirtualHost({ files: { "a.txt": "a", "b.txt": "b" } });
    const host = withFaults(inner, [
      {
        effect: "fs.read",
        when: (args) => (args as { path: string }).path === "a.txt",
        after: 1,
        times: 1,
        error: "other",
      },
      { effect: "random.float", error: new Error("no luck") },
    ]);
    const outcome = (path: string) =>
      host.perform("fs.read", { path }).then(text, (error: unknown) => (error as HostError).code);
    expect([await outcome("a.txt"), await outcome("b.txt"), await outcome("a.txt"), await outcome("a.txt")]).toEqual([
      "a",
      "b",
      "host.other",
      "a",
    ]);
    expect(() => host.sync("random.float", {})).toThrow("no luck");
  });

  it("cuts a stream after some items", async () => {
    const inner = createVirtualHost({ model: () => [{ item: 1 }, { item: 2 }, { item: 3 }] });
    const host = withFaults(inner, [{ effect: "model.stream", afterItems: 2, error: "connection_reset" }]);
    const seen: Json[] = [];
    const read = async () => {
      for await (const item of host.stream("model.stream", {})) seen.push(item);
    };
    await expect(read()).rejects.toThrow("Injected failure of model.stream: connection_reset");
    expect(seen).toEqual([1, 2]);
  });

  it("counts what is open, and zero when all has ended", async () => {
    const inner = createVirtualHost({ model: () => [{ item: 1 }, { stall: true }] });
    const { host, live } = countResources(inner);
    const token = new CancelToken();
    const nap = host.perform("sleep", { ms: 10 }, token);
    const iterator = host.stream("model.stream", {}, token)[Symbol.asyncIterator]();
    await iterator.next();
    expect(live()).toEqual({ effects: 1, streams: 1, listeners: 2 });
    await inner.advance(10);
    await nap;
    expect(live()).toEqual({ effects: 0, streams: 1, listeners: 1 });
    await iterator.return?.();
    expect(live()).toEqual({ effects: 0, streams: 0, listeners: 0 });
    expect(token.listenerCount).toBe(0);

    const cancelled = host.perform("sleep", { ms: 10 }, token);
    token.cancel("off");
    await expect(cancelled).rejects.toBe("off");
    expect(live()).toEqual({ effects: 0, streams: 0, listeners: 0 });
  });
});

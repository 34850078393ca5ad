import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { askedKeys } from "../../../test/support/recorded-options.ts";
import { CancelToken, type Host } from "../../base/index.ts";
import { countResources, createVirtualHost } from "../../testing/index.ts";
import { createEnvSettings } from "../call/env-settings.ts";
import { ModelError } from "../spec/model-error.ts";
import { createRateLimiter, rateLimitBuiltin, rateLimitFromEnv } from "./rate-limiter.ts";
import { RATE_LIMITED_OPTION_NAMES, withRateLimit } from "./with-rate-limit.ts";

describe("sliding window", () => {
  test("RATE-08 RATE-10 a full window waits until the oldest entry leaves it", async () => {
    const host = createVirtualHost();
    const limiter = createRateLimiter(host, { p: 2 });
    const admitted: number[] = [];
    const caller = async (afterMs: number) => {
      if (afterMs > 0) await host.perform("sleep", { ms: afterMs });
      await limiter.acquire("p");
      admitted.push(host.clock.elapsedMs);
    };
    await host.drive(Promise.all([caller(0), caller(10_000), caller(20_000), caller(20_000), caller(65_000)]));
    expect(admitted).toEqual([0, 10_000, 60_000, 70_000, 120_000]);
  });

  test("RATE-08 providers without a limit never wait, and others are not held back", async () => {
    const host = createVirtualHost();
    const limiter = createRateLimiter(host, { p: 1 });
    await limiter.acquire("p");
    const waiting = limiter.acquire("p");
    for (let i = 0; i < 1000; i++) await limiter.acquire("other");
    expect(host.clock.elapsedMs).toBe(0);
    expect(limiter.waiting).toBe(1);
    await host.drive(waiting);
  });

  test("first come, first served", async () => {
    const host = createVirtualHost();
    const limiter = createRateLimiter(host, { p: 1 });
    const order: string[] = [];
    const callers = ["a", "b", "c", "d"].map((name) => limiter.acquire("p").then(() => order.push(name)));
    await host.drive(Promise.all(callers));
    expect(order).toEqual(["a", "b", "c", "d"]);
  });

  test("a waiter that is cancelled leaves the queue, and the last one takes the timer along", async () => {
    const inner = createVirtualHost();
    const { host, live } = countResources(inner);
    const limiter = createRateLimiter(host, { p: 1 });
    await limiter.acquire("p");
    const [first, second] = [new CancelToken(), new CancelToken()];
    const waits = [limiter.acquire("p", first), limiter.acquire("p", second)];
    first.cancel("a");
    await expect(waits[0]).rejects.toBe("a");
    expect(limiter.waiting).toBe(1);
    second.cancel("b");
    await expect(waits[1]).rejects.toBe("b");
    await inner.settle();
    expect(live()).toEqual({ effects: 0, streams: 0, listeners: 0 });
    expect([first.listenerCount, second.listenerCount]).toEqual([0, 0]);
  });

  test("a cancelled waiter takes no permit", async () => {
    const host = createVirtualHost();
    const limiter = createRateLimiter(host, { p: 1 });
    await limiter.acquire("p");
    const token = new CancelToken();
    const cancelled = limiter.acquire("p", token);
    const next = limiter.acquire("p").then(() => host.clock.elapsedMs);
    token.cancel("gone");
    await cancelled.catch(() => {});
    expect(await host.drive(next)).toBe(60_000);
  });

  test("a raised limit lets waiters go at once", async () => {
    const host = createVirtualHost();
    const limiter = createRateLimiter(host, { p: 1 });
    await limiter.acquire("p");
    const waits = [limiter.acquire("p"), limiter.acquire("p")];
    limiter.setLimit("p", 3);
    await Promise.all(waits);
    expect(host.clock.pending).toBe(0);
    const last = limiter.acquire("p");
    limiter.setLimit("p", undefined);
    await last;
  });

  test("no window of a minute ever admits more than the limit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.integer({ min: 0, max: 90_000 }), { maxLength: 25 }),
        async (limit, arrivals) => {
          const host = createVirtualHost();
          const limiter = createRateLimiter(host, { p: limit });
          const admitted: number[] = [];
          const callers = arrivals.map(async (ms) => {
            await host.perform("sleep", { ms });
            await limiter.acquire("p");
            admitted.push(host.clock.elapsedMs);
          });
          await host.drive(Promise.all(callers));
          expect(admitted).toHaveLength(arrivals.length);
          for (const start of admitted) {
            expect(admitted.filter((at) => at >= start && at < start + 60_000).length).toBeLessThanOrEqual(limit);
          }
          expect(host.clock.pending).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("where limits come from", () => {
  test("RATE-07 RATE-09 configuration, then environment; zero removes", () => {
    const host = createVirtualHost({
      env: { HARN_RATE_LIMIT_OPENAI: "7", HARN_RATE_LIMIT_TOGETHER: "0", HARN_RATE_LIMIT_GROQ: "fast", OTHER: "1" },
    });
    const env = createEnvSettings(host);
    const configured = { openai: 5, together: 600, groq: 30, ollama: 0, mistral: 4 };
    const limiter = createRateLimiter(host, configured, (provider) => rateLimitFromEnv(host, env, provider));
    const names = [...Object.keys(configured), "nobody", "toString"];
    expect(names.map((name) => [name, limiter.limit(name)])).toEqual([
      ["openai", 7],
      ["together", undefined],
      ["groq", 30],
      ["ollama", undefined],
      ["mistral", 4],
      ["nobody", undefined],
      ["toString", undefined],
    ]);
    expect(host.logs.map((entry) => entry.message)).toEqual([expect.stringContaining("`HARN_RATE_LIMIT_GROQ`")]);
  });

  test("RATE-09 the environment is asked by name, once for each provider that is used, and never as a whole", () => {
    const inner = createVirtualHost({ env: { HARN_RATE_LIMIT_AZURE_OPENAI: "3", API_KEY: "short" } });
    const asked: string[] = [];
    const host: Host = {
      ...inner,
      sync(kind, args) {
        asked.push(`${kind} ${(args as { name?: string }).name}`);
        return inner.sync(kind, args);
      },
    };
    const env = createEnvSettings(host);
    const limiter = createRateLimiter(host, {}, (provider) => rateLimitFromEnv(host, env, provider));
    expect(limiter.tryAcquire("openai")).toBe(true);
    expect(limiter.tryAcquire("openai")).toBe(true);
    expect(limiter.limit("azure-openai")).toBe(3);
    expect(asked).toEqual([
      "env.get HARN_RATE_LIMIT_OPENAI",
      "env.get HARN_RATE_LIMIT_AZURE-OPENAI",
      "env.get HARN_RATE_LIMIT_AZURE_OPENAI",
    ]);
    // What was kept is not asked for again.
    const later = createRateLimiter(host, {}, () => expect.unreachable());
    later.load(limiter.save());
    expect([later.limit("openai"), later.limit("azure-openai")]).toEqual([undefined, 3]);
  });

  test("a permit is taken at once only when nobody waits for one", async () => {
    const host = createVirtualHost();
    const limiter = createRateLimiter(host, { p: 1 });
    expect(limiter.tryAcquire("p")).toBe(true);
    expect(limiter.tryAcquire("p")).toBe(false);
    const waiting = limiter.acquire("p");
    expect(limiter.tryAcquire("p")).toBe(false);
    await host.drive(waiting);
    expect(host.clock.elapsedMs).toBe(60_000);
  });

  test("RATE-11 llm_rate_limit sets, reads and clears", () => {
    const limiter = createRateLimiter(createVirtualHost());
    expect(rateLimitBuiltin(limiter, "p")).toBeNull();
    expect(rateLimitBuiltin(limiter, "p", { rpm: 100 })).toBe(true);
    expect(rateLimitBuiltin(limiter, "p")).toBe(100);
    expect(rateLimitBuiltin(limiter, "p", { rpm: 0 })).toBe(true);
    expect(rateLimitBuiltin(limiter, "p")).toBeNull();
    expect(() => rateLimitBuiltin(limiter, "")).toThrow("provider name is required");
    expect(() => rateLimitBuiltin(limiter, "p", {})).toThrow("`rpm` to be an integer");
    expect(() => rateLimitBuiltin(limiter, "p", { rpm: 1.5 })).toThrow("`rpm` to be an integer");
  });
});

describe("with_rate_limit", () => {
  const setup = (limits: Record<string, number> = {}) => {
    const host = createVirtualHost();
    return { host, parts: { host, limiter: createRateLimiter(host, limits) } };
  };
  const failing = (category: string, times: number) => {
    let calls = 0;
    const fn = () => {
      calls++;
      if (calls <= times) throw { category, message: "no" };
      return `after ${calls}`;
    };
    return { fn, calls: () => calls };
  };

  test("RATE-01 a permit, the closure, its value", async () => {
    const { host, parts } = setup({ p: 1 });
    expect(await host.drive(withRateLimit(parts, "p", async () => 42))).toBe(42);
    expect(await host.drive(withRateLimit(parts, "p", () => host.clock.elapsedMs))).toBe(60_000);
  });

  test("RATE-01 its options are listed", async () => {
    const { host, parts } = setup();
    const read = (options: object) => host.drive(withRateLimit(parts, "p", () => 1, options));
    expect(await askedKeys([{}], read)).toEqual(RATE_LIMITED_OPTION_NAMES);
  });

  test("RATE-02 argument errors", async () => {
    const { parts } = setup();
    await expect(withRateLimit(parts, "", () => 1)).rejects.toThrow("with_rate_limit: provider name is required");
    await expect(withRateLimit(parts, null, () => 1)).rejects.toThrow("with_rate_limit: provider name is required");
    await expect(withRateLimit(parts, "p", 7)).rejects.toThrow("with_rate_limit: second argument must be a closure");
    await expect(withRateLimit(parts, "p", () => 1, { max_retries: "x" })).rejects.toThrow("`max_retries`");
  });

  test.each(["rate_limit", "overloaded", "transient_network", "timeout"])("RATE-04 %s is retried", async (category) => {
    const { host, parts } = setup();
    const { fn } = failing(category, 2);
    expect(await host.drive(withRateLimit(parts, "p", fn))).toBe("after 3");
  });

  test.each(["server_error", "auth", "generic"])("RATE-04 %s is not, and is thrown unchanged", async (category) => {
    const { host, parts } = setup();
    const { fn, calls } = failing(category, 9);
    await expect(host.drive(withRateLimit(parts, "p", fn))).rejects.toEqual({ category, message: "no" });
    expect(calls()).toBe(1);
  });

  test("RATE-04 a ModelError is judged by its category, a text by its words", async () => {
    const { host, parts } = setup();
    const fields = { kind: "transient", reason: "rate_limit", provider: "p", model: "m" } as const;
    const errors: unknown[] = [new ModelError("x", { category: "rate_limit", ...fields }), "HTTP 503 overloaded"];
    const fn = () => {
      const error = errors.shift();
      if (error !== undefined) throw error;
      return "ok";
    };
    expect(await host.drive(withRateLimit(parts, "p", fn))).toBe("ok");
  });

  test("RATE-03 RATE-05 backoff: given value first, doubled, capped at 30 s; five retries", async () => {
    const { host, parts } = setup();
    const at: number[] = [];
    const fn = () => {
      at.push(host.clock.elapsedMs);
      throw { category: "timeout", message: "no", retry_after_ms: 1 };
    };
    await expect(host.drive(withRateLimit(parts, "p", fn))).rejects.toMatchObject({ category: "timeout" });
    expect(at).toEqual([0, 1000, 3000, 7000, 15_000, 31_000]);

    at.length = 0;
    const start = host.clock.elapsedMs;
    const options = { max_retries: 2, backoff_ms: 40_000 };
    await expect(host.drive(withRateLimit(parts, "p", fn, options))).rejects.toBeDefined();
    expect(at.map((ms) => ms - start)).toEqual([0, 40_000, 70_000]);
  });

  test("RATE-03 negative values are lifted to 0 retries and 1 ms", async () => {
    const { host, parts } = setup();
    const { fn, calls } = failing("timeout", 9);
    await expect(host.drive(withRateLimit(parts, "p", fn, { max_retries: -3 }))).rejects.toBeDefined();
    expect(calls()).toBe(1);
    const once = failing("timeout", 1);
    await host.drive(withRateLimit(parts, "p", once.fn, { backoff_ms: -5 }));
    expect(host.clock.elapsedMs).toBe(1);
  });

  test("RATE-06 every attempt takes a permit, every retry is logged", async () => {
    const { host, parts } = setup({ p: 1 });
    const { fn } = failing("timeout", 2);
    await host.drive(withRateLimit(parts, "p", fn, { backoff_ms: 1 }));
    expect(host.clock.elapsedMs).toBe(120_000);
    const retries = host.logs.filter((entry) => entry.message.startsWith("llm.with_rate_limit"));
    expect(retries.map((entry) => entry.level)).toEqual(["debug", "debug"]);
  });

  test("cancelling ends the wait between retries", async () => {
    const { host, parts } = setup();
    const token = new CancelToken();
    const { fn } = failing("timeout", 9);
    const running = withRateLimit(parts, "p", fn, {}, token);
    await host.settle();
    token.cancel("stop");
    await expect(running).rejects.toBe("stop");
    expect(host.clock.pending).toBe(0);
  });
});

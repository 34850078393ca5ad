/** The order in which results come is the world's; a replay takes it from the log. */

import { describe, expect, it } from "vitest";
import { createVirtualRandom, type Json } from "../../src/base/index.ts";
import { createTextDigest } from "../../src/journal/index.ts";
import { createVirtualHost, type VirtualHost } from "../../src/testing/index.ts";
import {
  compile,
  createMemoryStore,
  isolatedHost,
  play,
  playVirtually,
  recordInto,
  replayFrom,
} from "./journaled-program.ts";

const SEEDS = 1000;

/** Tasks that share a channel and a module variable, so that every difference in order shows. */
const source = `
let log = channel("log", 64)
var total = 0

fn note(text) {
  total = total * 7 + len(text)
  send(log, "\${text}@\${now_ms()}")
}

let workers = parallel each [1, 2, 3] { n ->
  let out = shell("job \${n}")
  note(out.stdout)
  sleep(random_int(1, 9))
  note("slept \${n}")
  deadline 20ms {
    try { note(shell("slow \${n}").stdout) } catch (e) { note("late \${n}") }
  }
  random()
}
let racing = parallel each [1, 2, 3, 4] { n -> shell("race \${n}").stdout } as stream
for first in racing {
  note(first)
  if first.contains("3") { break }
}
close_channel(log)
for line in log { println(line) }
println(total)
println(workers)
`;

function worldOf(seed: number): VirtualHost {
  const random = createVirtualRandom(seed);
  return createVirtualHost({
    seed,
    process: ({ command, args }) => ({
      runsMs: Math.floor(random.float() * 40),
      stdout: new TextEncoder().encode(`done ${[command, ...args].join(" ")}`),
    }),
  });
}

const digestOf = createTextDigest();

describe("schedules", () => {
  it(`replays each of ${SEEDS} schedules in its own order`, { timeout: 240_000 }, async () => {
    const program = await compile(source);
    const outputs = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const store = createMemoryStore();
      const recorded = await playVirtually(program, await recordInto(store), worldOf(seed));
      expect(recorded.error, `seed ${seed}`).toBeUndefined();
      const replayed = await play(program, await replayFrom(store), { host: isolatedHost() });
      const digest = (value: Json) => digestOf(JSON.stringify(value));
      expect(digest({ output: replayed.output, error: replayed.error ?? null }), `seed ${seed}`).toBe(
        digest({ output: recorded.output, error: null }),
      );
      outputs.add(recorded.output);
    }
    // The schedules do differ.
    expect(outputs.size).toBeGreaterThan(SEEDS * 0.9);
  });
});

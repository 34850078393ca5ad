/** Issue 3: formatting any program of the corpus and running it gives the same output. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createEngine } from "../../src/cli/conformance/engine.ts";
import { createNodeHost } from "../../src/cli/node-host/node-host.ts";
import { discoverCorpus, laidOut, layouts, runCorpus } from "../../src/testing/index.ts";

const suite = join(dirname(fileURLToPath(import.meta.url)), "../../conformance");

test.each(layouts)(
  "every program of the corpus does the same when it is laid out %s",
  async (layout) => {
    const host = createNodeHost();
    const { cases } = await discoverCorpus(host, suite);
    const engine = createEngine();
    const results = await runCorpus(cases, {
      host,
      run: (program) => engine.run({ ...program, layout }),
      jobs: 1,
      errors: "headlines",
    });
    host.close();
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results.length).toBeGreaterThan(100);
    // Not the same text under three names; many programs are so short that they stay as they are.
    const texts = cases.filter(({ program }) => laidOut(layout, program.source) !== program.source);
    if (layout !== "formatted") expect(texts.length).toBeGreaterThan(10);
  },
  60_000,
);

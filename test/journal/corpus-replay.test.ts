/** Every program of the corpus does the same from its journal alone as it did in the world. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createRunState } from "../../src/cli/engine/run-state.ts";
import { createNodeHost } from "../../src/cli/node-host/node-host.ts";
import { isError, loadProgram, type Program } from "../../src/runtime/index.ts";
import { type CorpusCase, createVirtualHost, discoverCorpus } from "../../src/testing/index.ts";
import {
  createMemoryStore,
  isolatedHost,
  type Played,
  play,
  playVirtually,
  recordInto,
  replayFrom,
} from "./journaled-program.ts";

const folder = mkdtempSync(join(tmpdir(), "harn-replay-"));
const node = createNodeHost({ cwd: folder });
afterAll(() => {
  node.close();
  rmSync(folder, { recursive: true, force: true });
});

const suite = fileURLToPath(new URL("../../conformance", import.meta.url));
const { cases } = await discoverCorpus(node, suite);

async function compiled({ program }: CorpusCase): Promise<Program | undefined> {
  const loaded = await loadProgram({ host: node, path: program.path, text: program.source });
  return loaded.diagnostics.some(isError) ? undefined : loaded.program;
}

const stateOf = ({ program }: CorpusCase) =>
  createRunState({ host: node, ...(program.llmMock !== undefined && { llmMock: program.llmMock }) });

const summary = ({ output, error }: Played) => ({ output, error });

const runnable: { name: string; corpusCase: CorpusCase; program: Program }[] = [];
for (const corpusCase of cases) {
  const program = await compiled(corpusCase);
  if (program) runnable.push({ name: corpusCase.program.name, corpusCase, program });
}

describe("the corpus from its journals", () => {
  it("holds programs", () => expect(runnable.length).toBeGreaterThan(80));

  it.each(runnable)("$name, recorded in the real world", async ({ corpusCase, program }) => {
    const store = createMemoryStore();
    const quiet = {
      ...node,
      sync: ((kind, args) => (kind === "console.write" ? undefined : node.sync(kind, args))) as typeof node.sync,
    };
    const recorded = await play(program, await recordInto(store), { host: quiet, state: await stateOf(corpusCase) });
    const replayed = await play(program, await replayFrom(store), {
      host: isolatedHost(),
      state: await stateOf(corpusCase),
    });
    expect(summary(replayed)).toEqual(summary(recorded));
    if (corpusCase.expectation.kind === "output") {
      expect(recorded.error).toBeUndefined();
    }
  });

  it.each(runnable)("$name, recorded in a virtual world", async ({ corpusCase, program }) => {
    const store = createMemoryStore();
    const host = createVirtualHost();
    const recorded = await playVirtually(program, await recordInto(store), host, await stateOf(corpusCase));
    const replayed = await play(program, await replayFrom(store), {
      host: isolatedHost(),
      state: await stateOf(corpusCase),
    });
    expect(summary(replayed)).toEqual(summary(recorded));
  });
});

/**
 * This implementation as the corpus sees it: what a program prints, warnings first, and how it fails. Each program gets
 * a host and a virtual machine of its own, and is watched: when it has ended, nothing of it may be left.
 */

import type { Host } from "../../base/index.ts";
import { failureMessage, isError, loadProgram } from "../../runtime/index.ts";
import { type CorpusEngine, type CorpusProgram, laidOut, type ProgramOutcome } from "../../testing/index.ts";
import { renderFailure, renderFileDiagnostics } from "../engine/render.ts";
import { runProgram } from "../engine/run-program.ts";
import { createRunState } from "../engine/run-state.ts";
import { createModelTraffic } from "../model-traffic.ts";
import { createNodeHost } from "../node-host/node-host.ts";
import { watchProgram } from "./watch-program.ts";

export function createEngine(): CorpusEngine {
  return {
    async run(program) {
      const node = createNodeHost({ modelStream: createModelTraffic() });
      // Expectations must not depend on where the suite lies.
      const suite = program.path.slice(0, -program.name.length);
      const watch = watchProgram(node, suite);
      const outcome = await runWith(watch.host, watch.onMachine, program, suite).finally(() => node.close());
      const leaks = await watch.leaks();
      return leaks.length > 0 ? { ...outcome, leaks } : outcome;
    },
  };
}

async function runWith(
  host: Host,
  onMachine: ReturnType<typeof watchProgram>["onMachine"],
  program: CorpusProgram,
  suite: string,
): Promise<ProgramOutcome> {
  const settings = { color: false, cwd: suite };
  const withoutSuite = (text: string): string => text.replaceAll(suite, "");
  const { layout } = program;
  const loaded = await loadProgram({
    host: layout === undefined ? host : readingModules(host, (text) => laidOut(layout, text)),
    path: program.path,
    text: layout === undefined ? program.source : laidOut(layout, program.source),
  });
  const firstError = loaded.diagnostics.find(isError);
  if (firstError !== undefined || loaded.program === undefined) {
    return {
      status: "error",
      output: "",
      errorMessage: firstError?.diagnostic.message ?? "The program could not be compiled",
      rendered: withoutSuite(renderFileDiagnostics(loaded.diagnostics.filter(isError), settings)),
    };
  }
  const parts = loaded.diagnostics.map(({ diagnostic }) => `warning: ${diagnostic.message}\n`);
  const outcome = await runProgram(loaded.program, {
    host,
    onMachine,
    output: { write: (text) => parts.push(text) },
    state: await createRunState({ host, ...(program.llmMock !== undefined && { llmMock: program.llmMock }) }),
  });
  const output = parts.join("");
  switch (outcome.status) {
    case "ok":
      return { status: "ok", output };
    case "cancelled":
      return { status: "error", output, errorMessage: outcome.reason };
    case "failed": {
      const sources = new Map([...loaded.graph.modules.values()].map(({ file }) => [file.path, file]));
      return {
        status: "error",
        output,
        errorMessage: failureMessage(outcome.failure),
        rendered: withoutSuite(renderFailure(outcome.failure, sources, settings)),
      };
    }
  }
}

/** For loading: modules come changed, other files as they are. */
function readingModules(host: Host, change: (text: string) => string): Host {
  return {
    ...host,
    async perform(kind, args, signal) {
      const result = await host.perform(kind, args, signal);
      const isModule = kind === "fs.read" && "path" in args && String(args.path).endsWith(".harn");
      if (!isModule || !(result instanceof Uint8Array)) return result;
      return new TextEncoder().encode(change(new TextDecoder().decode(result))) as typeof result;
    },
  };
}

/**
 * This implementation as the corpus sees it: what a program prints, warnings first, and how it fails. Each program gets
 * a host and a virtual machine of its own.
 */

import { failureMessage, isError, loadProgram } from "../../runtime/index.ts";
import type { CorpusEngine } from "../../testing/index.ts";
import { renderFailure, renderFileDiagnostics } from "../engine/render.ts";
import { runProgram } from "../engine/run-program.ts";
import { createRunState } from "../engine/run-state.ts";
import { createModelTraffic } from "../model-traffic.ts";
import { createNodeHost } from "../node-host/node-host.ts";

export function createEngine(): CorpusEngine {
  return {
    async run(program) {
      const host = createNodeHost({ modelStream: createModelTraffic() });
      // Expectations must not depend on where the suite lies.
      const suite = program.path.slice(0, -program.name.length);
      const settings = { color: false, cwd: suite };
      const withoutSuite = (text: string): string => text.replaceAll(suite, "");
      const loaded = await loadProgram({ host, path: program.path, text: program.source });
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
      try {
        const outcome = await runProgram(loaded.program, {
          host,
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
      } finally {
        host.close();
      }
    },
  };
}

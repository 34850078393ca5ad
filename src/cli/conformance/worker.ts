/** The child process of `harn test conformance`: runs one program after the other and answers with what happened. */

import { createEngine } from "./engine.ts";
import { READY, type WorkAnswer, type WorkRequest } from "./worker-pool.ts";

/** Resolves when the parent is gone. */
export function serveConformance(): Promise<void> {
  const engine = createEngine();
  process.on("message", (message) => {
    const { id, program } = message as WorkRequest;
    engine.run(program).then(
      (outcome) => process.send?.({ id, outcome } satisfies WorkAnswer),
      (error: unknown) => {
        // The pool reports what was last said here.
        process.stderr.write(
          error instanceof Error ? `${error.stack}\n` : "The engine threw something that is no error\n",
        );
        process.exit(1);
      },
    );
  });
  process.send?.(READY);
  return new Promise((resolve) => process.on("disconnect", () => resolve()));
}

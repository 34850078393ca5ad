/** The child process of `harn test conformance`: runs one program after the other and answers with what happened. */

import type { WorkAnswer, WorkRequest } from "./worker-pool.ts";

process.on("message", (message) => {
  const { id, program } = message as WorkRequest;
  void import("./engine.ts")
    .then(({ createEngine }) => createEngine().run(program))
    .then((outcome) => process.send?.({ id, outcome } satisfies WorkAnswer))
    .catch((error: unknown) => {
      // The pool reports what was last said here.
      process.stderr.write(
        error instanceof Error ? `${error.stack}\n` : "the engine threw something that is no error\n",
      );
      process.exit(1);
    });
});
process.on("disconnect", () => process.exit(0));

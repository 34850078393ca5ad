/** Work that outlives the call that starts it: in a task of its own under the program, which ends it when it ends. */

import type { CancelSignal } from "../../base/index.ts";
import { type AsyncContext, type AsyncNative, NativeRef, type Value } from "../../vm/index.ts";

/** Rejects with a `HarnFailure`. What the work prints goes to the program's output. */
export function inBackground(
  { vm, task }: Pick<AsyncContext, "vm" | "task">,
  name: string,
  work: (context: AsyncContext) => Promise<Value>,
  signal?: CancelSignal,
): Promise<Value> {
  const native: AsyncNative = { kind: "async", name, impl: (_args, context) => work(context) };
  const { root } = task;
  return new Promise((resolve, reject) => {
    const id = `${root.id}:${name}:${++root.spawnCount}`;
    const child = vm.spawn(root, id, new NativeRef(native), [], root.output, { context: task.context });
    const onAbort = () => vm.abort(child, String(signal?.reason));
    signal?.addEventListener("abort", onAbort);
    child.onDone = (done) => {
      signal?.removeEventListener("abort", onAbort);
      if (done.failure) reject(done.failure);
      else resolve(done.result);
    };
    if (signal?.aborted) onAbort();
  });
}

/**
 * Runs a program in a virtual world under limits, and tells how it ended and what it left behind. Limits count work, not
 * time, so that the same program always ends the same way.
 */

import { HarnError, type Host } from "../../base/index.ts";
import type { ModuleCode } from "../../bytecode/index.ts";
import { type Run, startProgram } from "../../runtime/index.ts";
import { createVirtualHost } from "../virtual-host.ts";

export interface CaseEnding {
  /**
   * `stopped`: it went past a limit or waited for what never comes, and ended when asked to. `endless`: it did not end
   * even then.
   */
  readonly status: "ok" | "failed" | "stopped" | "endless";
  readonly output: string;
  /** Why it failed. */
  readonly message: string;
  readonly liveTasks: number;
  readonly pendingTimers: number;
}

/** Times that the VM lets the platform breathe: about two million instructions. */
const maxBreaths = 6;
const maxSleeps = 3_000;
const maxOutputLength = 200_000;

/** @throws what escapes the VM: it should not */
export async function runCase(modules: readonly ModuleCode[], entry: string): Promise<CaseEnding> {
  const world = createVirtualHost({ files: { "a.txt": "one\ntwo\n", "data.json": '{"a": [1, 2]}' }, stdin: "line\n" });
  const parts: string[] = [];
  let length = 0;
  let sleeps = 0;
  let breaths = 0;
  let isStopped = false;
  // Unset during the first turn, which may print more than its share.
  let run: Run | undefined;
  let giveUp: () => void = () => {};
  const abandoned = new Promise<"endless">((resolve) => {
    giveUp = () => resolve("endless");
  });
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    breaths = 0;
    run?.stop();
  };
  const host: Host = {
    sync: world.sync,
    stream: world.stream,
    perform(kind, args, signal) {
      if (kind === "sleep" && ++sleeps > maxSleeps) stop();
      return world.perform(kind, args, signal);
    },
  };
  const started = startProgram(
    { entry, modules },
    {
      host,
      output: {
        write(text) {
          length += text.length;
          if (length > maxOutputLength) stop();
          else parts.push(text);
        },
      },
      breathe: () => {
        if (++breaths <= maxBreaths) return Promise.resolve();
        if (!isStopped) {
          stop();
          return Promise.resolve();
        }
        giveUp();
        run?.suspend();
        return Promise.resolve();
      },
    },
  );
  run = started;
  if (isStopped) started.stop();
  const ended = Promise.race([abandoned, started.outcome]);
  // The program may wait for something that never comes, once before it is asked to stop and once after.
  const outcome = await world.drive(ended).catch((error: unknown) => {
    if (!isDeadlock(error)) throw error;
    stop();
    return world.drive(ended).catch((again: unknown) => {
      if (!isDeadlock(again)) throw again;
      started.suspend();
      return "endless" as const;
    });
  });
  const output = parts.join("");
  const left = { liveTasks: started.vm.liveTasks, pendingTimers: started.vm.timers.pending };
  if (outcome === "endless") return { status: "endless", output, message: "", ...left };
  const message = outcome.status === "failed" ? outcome.failure.display() : "";
  const status = outcome.status === "cancelled" || isStopped ? "stopped" : outcome.status;
  return { status, output, message, ...left };
}

function isDeadlock(error: unknown): boolean {
  return error instanceof HarnError && error.code === "test.deadlock";
}

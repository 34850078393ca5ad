/** What a run's steps took, told at its end: as a table on the terminal, as JSON in a file. */

import { resolve } from "node:path";
import { CancelToken, type Host, HostError } from "../../base/index.ts";
import { createProgramSteps, type ProgramSteps } from "../../stdlib/index.ts";
import {
  type CompletedStep,
  callsSettled,
  finishStep,
  makeReceipt,
  receiptToJson,
  renderReceipt,
} from "../../steps/index.ts";
import type { CliContext } from "../context.ts";

export interface ReceiptBook {
  /** Keeps the books of the run that is handed it. */
  readonly steps: ProgramSteps;
  /** Call once, when the run is over. False: the file cannot be written, and the user was told. */
  close(): Promise<boolean>;
}

/** Milliseconds that cancelled calls get to tell what they took. */
const PATIENCE_MS = 2000;

async function lateBills(host: Host, steps: ProgramSteps): Promise<void> {
  const enough = new CancelToken();
  const patience = host.perform("sleep", { ms: PATIENCE_MS }, enough).catch(() => {});
  await Promise.race([callsSettled(steps), patience]);
  enough.cancel("settled");
}

/** For the destination: a table, whether or not the program has steps. */
const TABLE = "-";

/**
 * @param destination a file for JSON, or `-`; without one the table is shown on a terminal, for programs with steps
 * @param program how the user named it
 */
export function openReceipt(context: CliContext, destination: string | undefined, program: string): ReceiptBook {
  const { host } = context;
  const ended: CompletedStep[] = [];
  const steps = createProgramSteps({
    // The real clock, past any journal: how long a replay takes is no business of the program.
    clock: () => host.sync("clock.monotonic", {}),
    onStepEnd: (record) => ended.push(record),
  });
  return {
    steps,
    async close() {
      await lateBills(host, steps);
      // What a halted run was in the middle of has been paid all the same; the innermost was entered last.
      for (const step of [...steps.unfinished].reverse()) finishStep(steps, step, "failed", "The run was stopped");
      const receipt = makeReceipt(steps, ended);
      const onTerminal = ended.length > 0 && host.sync("console.isTty", { stream: "stderr" });
      if (destination === TABLE || onTerminal) {
        await host.flush();
        context.err(`\n${renderReceipt(receipt)}`);
      }
      if (destination === undefined || destination === TABLE) return true;
      const { version, ...rest } = receiptToJson(receipt);
      const data = `${JSON.stringify({ version, program, ...rest }, null, 2)}\n`;
      try {
        await host.perform("fs.write", { path: resolve(context.cwd, destination), data });
        return true;
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        context.err(`harn: cannot write the receipt to ${destination}: ${error.kind.replaceAll("_", " ")}\n`);
        return false;
      }
    },
  };
}

/** Runs a Harn program on a host that a test has prepared, and that outlives the run: a later one finds its files. */

import type { AsyncEffects, Host } from "../../src/base/index.ts";
import { failureMessage, loadProgram, startProgram } from "../../src/runtime/index.ts";
import type { VirtualHost } from "../../src/testing/index.ts";

export interface RunOn {
  /** What the program sees instead of the host itself, such as one with faults. */
  readonly seen?: Host;
  /** Default `/home/harn/main.harn`. */
  readonly path?: string;
}

/** The lines that the program prints; last, when it fails, why. */
export async function runOn(host: VirtualHost, source: string, options: RunOn = {}): Promise<string[]> {
  const { seen = host, path = "/home/harn/main.harn" } = options;
  const loaded = await host.drive(loadProgram({ host, path, text: source }));
  const [broken] = loaded.diagnostics;
  if (loaded.program === undefined || broken !== undefined) throw new Error(broken?.diagnostic.message);
  const before = host.stdout().length;
  const outcome = await host.drive(startProgram(loaded.program, { host: seen }).outcome);
  const lines = host.stdout().slice(before).split("\n").slice(0, -1);
  return outcome.status === "failed" ? [...lines, failureMessage(outcome.failure)] : lines;
}

/** Runs until an effect of the kind would begin for the n-th time, and leaves all as it is then, as a killed process does. */
export async function killedAt(
  host: VirtualHost,
  source: string,
  kind: keyof AsyncEffects,
  options: { readonly nth?: number; readonly meanwhile?: () => void } = {},
): Promise<void> {
  const { nth = 1, meanwhile = () => {} } = options;
  let seen = 0;
  let killed = false;
  const dying: Host = {
    ...host,
    perform(effect, args, signal) {
      if (effect === kind && ++seen === nth) {
        killed = true;
        meanwhile();
        return new Promise(() => {});
      }
      return host.perform(effect, args, signal);
    },
  };
  const loaded = await host.drive(loadProgram({ host, path: "/home/harn/main.harn", text: source }));
  if (loaded.program === undefined) throw new Error("The program is broken");
  const run = startProgram(loaded.program, { host: dying });
  await host.settle();
  run.suspend();
  await host.settle();
  if (!killed) throw new Error(`The program got by without ${kind}`);
}

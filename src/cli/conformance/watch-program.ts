/**
 * What a program leaves behind: tasks, timers, builtins and streams of its machine, effects, streams and abort listeners
 * of its host, and handles of the process. Closing takes a moment; what is not closed by then has leaked.
 */

import type { Host } from "../../base/index.ts";
import { countResources } from "../../testing/index.ts";
import type { TraceFrame, Vm } from "../../vm/index.ts";

/** Milliseconds that closing may take. Only a program that leaks takes them. */
const PATIENCE_MS = 1000;

export interface ProgramWatch {
  readonly host: Host;
  readonly onMachine: (vm: Vm) => void;
  /** A line for each thing that is left, with where it was begun. Called after the program and its host are closed. */
  leaks(): Promise<readonly string[]>;
}

/** @param folder left out of the paths that are shown */
export function watchProgram(inner: Host, folder: string, patienceMs: number = PATIENCE_MS): ProgramWatch {
  let machine: Vm | undefined;
  const shown = ({ file, line }: TraceFrame): string => `${file.replace(folder, "")}:${line}`;
  const handlesBefore = handles();
  const counted = countResources(inner, () => machine?.place && shown(machine.place));
  const left = (): string[] => [
    ...(machine?.liveResources ?? []).map(
      ({ kind, what, place }) => `${kind} ${what}${place === undefined ? "" : `, at ${shown(place)}`}`,
    ),
    ...counted.open(),
    ...[...handles()].flatMap(([kind, count]) => {
      const more = count - (handlesBefore.get(kind) ?? 0);
      return more > 0 ? [`handle ${kind}${more > 1 ? ` (${more})` : ""}`] : [];
    }),
  ];
  return {
    host: counted.host,
    onMachine: (vm) => {
      machine = vm;
    },
    async leaks() {
      const until = performance.now() + patienceMs;
      for (;;) {
        const lines = left();
        if (lines.length === 0 || performance.now() > until) return lines;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** Kinds of things that keep the process alive, with how many there are. */
function handles(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

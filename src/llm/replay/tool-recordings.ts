/** Recorded results of tools (REPLAY-01, REPLAY-05, REPLAY-06): per run, kept by tool name and arguments. */

import type { Json } from "../../base/index.ts";
import { sha256Hex } from "../wire/sha256.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { ReplayMode } from "./model-fixtures.ts";

export interface ToolRecord {
  readonly toolName: string;
  readonly toolUseId: string;
  /** {@link toolFixtureHash} of name and arguments. */
  readonly argsHash: string;
  readonly result: string;
  /** It never ran. */
  readonly isRejected: boolean;
  /** It ran and failed. */
  readonly isError?: boolean;
  readonly durationMs: number;
  readonly iteration: number;
  /** ISO 8601. */
  readonly timestamp: string;
}

export interface ToolRecordings {
  readonly mode: ReplayMode;
  setToolRecordingMode(mode: ReplayMode): void;
  /** Keeps a record while recording; does nothing otherwise. */
  record(record: Omit<ToolRecord, "argsHash"> & { readonly args: Json }): void;
  /** All records so far; the buffer is empty afterwards. */
  drain(): readonly ToolRecord[];
  /** The records that replay draws from, replacing earlier ones. */
  load(records: readonly ToolRecord[]): void;
  /** While replaying, the first record of the same tool with the same arguments: it stands for running the tool. */
  find(toolName: string, args: Json): ToolRecord | undefined;
}

export function createToolRecordings(): ToolRecordings {
  let mode: ReplayMode = "off";
  let buffer: ToolRecord[] = [];
  let fixtures: readonly ToolRecord[] = [];
  return {
    get mode() {
      return mode;
    },
    setToolRecordingMode(next) {
      mode = next;
    },
    record({ args, ...record }) {
      if (mode === "record") buffer.push({ ...record, argsHash: toolFixtureHash(record.toolName, args) });
    },
    drain() {
      const drained = buffer;
      buffer = [];
      return drained;
    },
    load(records) {
      fixtures = [...records];
    },
    find(toolName, args) {
      if (mode !== "replay") return undefined;
      const hash = toolFixtureHash(toolName, args);
      return fixtures.find((record) => record.toolName === toolName && record.argsHash === hash);
    },
  };
}

/** 16 hex digits over name and arguments; the order of the arguments' fields does not count. */
export function toolFixtureHash(toolName: string, args: Json): string {
  return sha256Hex(canonicalJson([toolName, args])).slice(0, 16);
}

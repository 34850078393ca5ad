// Format and stores: contracts

export {
  type Batch,
  type ChunkEntry,
  type Encoded,
  type EndEntry,
  type Entry,
  JOURNAL_FORMAT,
  JOURNAL_VERSION,
  type JournalStore,
  type LeaseStore,
  type MaybePromise,
  type NoteEntry,
  type NoteKind,
  type Outcome,
  type PartChanges,
  type RefusedSnapshot,
  type ResumeEntry,
  type RunInfo,
  type RunNote,
  type RunStatus,
  type Safety,
  type SnapshotDraft,
  type SnapshotState,
  type SnapshotStore,
  type StartEntry,
  type StoredBlob,
  type StoredError,
  type StoredParts,
  type StoredRow,
  type StoredRun,
  type StoredSnapshot,
  type SyncEntry,
} from "./spec.ts";

// Stores

export type { SnapshotFolder } from "./jsonl-snapshots.ts";
export {
  createJsonlStore,
  type FileEnds,
  type JournalFile,
  type JournalFolder,
  type JsonlStoreOptions,
} from "./jsonl-store.ts";
export { createMemoryStore } from "./memory-store.ts";
export { createSqlStore, type SqlDatabase, type SqlRow, type SqlStatement, type SqlValue } from "./sql-store.ts";

// A run's journal

export {
  beginJournal,
  checkRunId,
  type Journal,
  type JournalOptions,
  type KeptSnapshot,
  type NewRun,
  openJournal,
} from "./journal.ts";
export type { NumberedTexts } from "./numbered-texts.ts";
export type { OpenRequests, RunSnapshot } from "./run-snapshot.ts";

// Record, replay, resume

export type { Turn } from "./delivery-order.ts";
export type { RecordingOptions } from "./recorder.ts";
export { recordingHost } from "./recording-host.ts";
export { type ReplayHost, type ReplayOptions, replayHost } from "./replay-host.ts";
export {
  type InDoubtDecision,
  type InDoubtEffect,
  type ResumeHost,
  type ResumeOptions,
  resumeHost,
} from "./resume-host.ts";
export type { JournalHost, TaskOptions } from "./task-hosts.ts";

// What they are told: safety, secrets, errors

export type { ErrorCodec } from "./error-codec.ts";
export { createRedactor, type RedactionRules, type Redactor } from "./redact.ts";
export { type ClassifySafety, defaultSafety, type SafetyVerdict } from "./safety.ts";

// Drift

export {
  type Difference,
  DriftError,
  type DriftFields,
  type DriftReason,
  firstDifference,
  type RecordedRequest,
  type RequestView,
} from "./drift.ts";

// Versions

export { checkVersion } from "./migrations.ts";

// Looking back

export { type EffectRecord, foldEffects } from "./effects.ts";
export { type RenderOptions, renderRun } from "./render-run.ts";
export {
  type EffectNode,
  type RunView,
  type ShowOptions,
  type StepNode,
  type StepOutcome,
  showRun,
  type TaskNode,
} from "./run-tree.ts";
export { forkRun, listRuns } from "./runs.ts";

// Digests

export { createTextDigest, type TextDigest } from "./sha256.ts";

// Crash tests

export { type Fault, type FaultContext, type FaultMoment, type FaultPoints, SimulatedCrash } from "./faults.ts";
export { createRequestLog, type OpenRequestLog, type RequestLog } from "./request-log.ts";

// Scripted models

export {
  createFakeModel,
  type FakeEvent,
  type FakeModel,
  type FakeScript,
  type FakeTurn,
  fakeDone,
  fakeError,
  fakeScript,
  fakeStall,
  fakeStream,
  fakeThinking,
  fakeToken,
  fakeToolCall,
} from "../llm/index.ts";

// Virtual world

export {
  countResources,
  type EffectFault,
  type EffectKind,
  type LiveResources,
  withFaults,
} from "./host-decorators.ts";
export { type PlayOptions, playScript, type ScriptStep } from "./scripted-streams.ts";
export {
  createVirtualFiles,
  type FileFault,
  type FileOperation,
  normalizePath,
  type VirtualFiles,
} from "./virtual-files.ts";
export {
  type CompressionHandlers,
  type CryptoHandlers,
  createVirtualHost,
  type HttpScript,
  type LogEntry,
  type ModelScript,
  type ProcessScript,
  type ScriptedHttp,
  type VirtualHost,
  type VirtualHostOptions,
} from "./virtual-host.ts";

// Conformance corpus

export type {
  CaseOutcome,
  CaseResult,
  CorpusCase,
  CorpusEngine,
  CorpusProgram,
  ProgramOutcome,
} from "./corpus/corpus.ts";
export { type Discovery, discoverCorpus } from "./corpus/discover.ts";
export { compileFilter } from "./corpus/filter.ts";
export { type ErrorComparison, judge, normalizeOutput } from "./corpus/judge.ts";
export { type Layout, laidOut, layouts } from "./corpus/layouts.ts";
export { type CorpusReport, type ReportText, renderJunit, renderReport, summarize } from "./corpus/report.ts";
export { type RunCorpusOptions, runCorpus } from "./corpus/run-corpus.ts";

// Fuzzing

export type { Complaint } from "./fuzz/complaints.ts";
export { type FuzzCasesResult, type FuzzFinding, fuzzInput, runFuzzCases } from "./fuzz/fuzz-cases.ts";
export {
  createFuzzTargets,
  type FuzzInput,
  type FuzzTarget,
  type FuzzTargetName,
  fuzzTargetNames,
  type InputKind,
} from "./fuzz/fuzz-targets.ts";
export { minimize } from "./fuzz/minimize.ts";

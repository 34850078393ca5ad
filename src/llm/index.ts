// For TypeScript programs: calls with types

export type { CallSettings } from "./generate/call-settings.ts";
export {
  type ActionLimits,
  createLlm,
  type GenerateObjectOptions,
  type GenerateTextOptions,
  type Llm,
  type LlmMeter,
  type LlmOptions,
  type ObjectAnswer,
  type TextAnswer,
  type TextStream,
} from "./generate/llm.ts";

// Layers around one attempt

export { buildModelInput } from "./call/attempt.ts";
export { type AttemptMeter, createAttemptMeter } from "./call/attempt-meter.ts";
export {
  type AttemptOutcome,
  type AttemptScope,
  type CallLayer,
  layeredClient,
  type OpenLayer,
} from "./call/call-layer.ts";
export { createMissedTime } from "./call/missed-time.ts";

// Calls: one context per run, JSON in, JSON out

export {
  CALL_OPTION_NAMES,
  type CallOptions,
  DEFAULT_LLM_BACKOFF_MS,
  DEFAULT_LLM_RETRIES,
  readCallOptions,
} from "./call/call-options.ts";
export { usageFields } from "./call/call-result.ts";
export { catalogView, configuredRateLimits } from "./call/catalog-adapter.ts";
export { type CatalogView, type ModelCapabilities, type ModelName, openCatalog } from "./call/catalog-view.ts";
export { createEnvSettings, type EnvSettings, type SavedEnvSettings } from "./call/env-settings.ts";
export { errorCategoryOf, isRateLimited, isTimeout, thrownError } from "./call/error-builtins.ts";
export {
  envelopeError,
  errorCategory,
  errorDict,
  errorMessage,
  LlmCallError,
  plainErrorDict,
} from "./call/error-dict.ts";
export type { CallExtras } from "./call/execute-call.ts";
export type { AppliedExperiment, Experiment, ExperimentInput, ExperimentTransform } from "./call/experiments.ts";
export { applyExperiment, readExperiment } from "./call/experiments.ts";
export { llmCall, llmCallSafe } from "./call/llm-call.ts";
export { llmCompletion } from "./call/llm-completion.ts";
export {
  type CallDefaults,
  createLlmContext,
  type LlmContext,
  type LlmContextParts,
  type RenderContext,
  type RouteVerifier,
  resetLlmState,
} from "./call/llm-context.ts";
export { messageDict, messageDicts } from "./call/message-dict.ts";
export { assistantTurn, type ReadMessages, readMessages } from "./call/messages.ts";
export { type PipelineSettings, pipelineClient } from "./call/pipeline-client.ts";
export { type ClientSources, callsDisabled, type MockSource, resolveClient } from "./call/resolve-client.ts";
export { resolveModel } from "./call/resolve-model.ts";
export {
  type BareCalls,
  type ParsedAnswer,
  parseBareCalls,
  parseTextAnswer,
  type TextToolCall,
} from "./call/text-tool-calls.ts";
export { readToolChoice, readToolSearch, readTools, type ToolSearch } from "./call/tool-options.ts";
export { visibleText } from "./call/visible-text.ts";
export { type AttemptLimits, watchdogLayer } from "./call/watchdog-layer.ts";

// Catalogue of providers and models

export {
  type Capabilities,
  type CapabilityRow,
  capabilityRows,
  decodeCapabilityTable,
  lookupCapabilities,
  NO_CAPABILITIES,
} from "./catalog/capabilities.ts";
export type { CapabilityRule, CapabilityTable } from "./catalog/capability-matrix.ts";

// Catalogue: what builtins answer, layers, health

export {
  availableProviders,
  clearCapabilities,
  configAnswer,
  installCapabilities,
  knownModels,
  modelInfoAnswer,
  pickModelAnswer,
  providerCapabilitiesAnswer,
  providerCatalogAnswer,
  qcDefaultModelAnswer,
  registerProvider,
  resolveModelAnswer,
} from "./catalog/catalog-answers.ts";
export {
  type AliasConfig,
  type CatalogConfig,
  decodeCatalogConfig,
  type ModelConfig,
  type ModelPricing,
  matchesGlob,
  mergeCatalogs,
  type ProviderConfig,
} from "./catalog/catalog-config.ts";
export { type CatalogSources, loadCatalogLayers } from "./catalog/catalog-layers.ts";
export { type ContextWindows, createContextWindows, knownContextWindow } from "./catalog/context-window.ts";
export { checkHealth, type HealthcheckAnswer, type HealthcheckOptions } from "./catalog/healthcheck.ts";
export {
  createModelCatalog,
  DEFAULT_PROVIDERS,
  type ModelCatalog,
  type ModelChoice,
  type ResolvedModel,
  type SavedCatalog,
} from "./catalog/model-catalog.ts";

// Conversations and transcripts

export {
  assetsOf,
  isTranscript,
  messagesOf,
  newTranscript,
  normalizeAsset,
  rebuildTranscript,
  type TranscriptParts,
  transcriptEvent,
} from "./conversation/transcript.ts";
export {
  addAssistant,
  addMessage,
  addSystem,
  addToolResult,
  addUser,
  conversation,
  transcript,
  transcriptAbandon,
  transcriptAddAsset,
  transcriptArchive,
  transcriptAssets,
  transcriptEvents,
  transcriptEventsByKind,
  transcriptExport,
  transcriptFork,
  transcriptFromMessages,
  transcriptId,
  transcriptImport,
  transcriptMessages,
  transcriptRenderFull,
  transcriptRenderVisible,
  transcriptReset,
  transcriptResume,
  transcriptStats,
  transcriptSummary,
} from "./conversation/transcript-builtins.ts";
export { SUMMARIZE_OPTION_NAMES, transcriptSummarize } from "./conversation/transcript-summarize.ts";
export { uuidV7 } from "./conversation/uuid-v7.ts";

// Cost and budgets

export {
  type BudgetEnvelope,
  BudgetExceededError,
  type BudgetLimit,
  readBudgetEnvelope,
} from "./cost/budget-envelope.ts";
export {
  type BudgetParts,
  budgetLayer,
  type CallAdmission,
  type CallForecast,
  type ChargeRecord,
} from "./cost/budget-layer.ts";
export { builtinRates } from "./cost/builtin-prices.ts";
export {
  createTokenCounts,
  estimateInputTokens,
  estimateTextTokens,
  estimateValueTokens,
  type TokenCounts,
} from "./cost/estimate-tokens.ts";
export { loadPriceList } from "./cost/price-list.ts";
export {
  cacheHitRatio,
  cacheSavingsUsd,
  costOfTokens,
  costOfUsage,
  type PriceBook,
  type TokenRates,
} from "./cost/pricing.ts";
export { budgetRemaining, llmInfo, llmUsage, sessionCost, setSessionBudget } from "./cost/session-cost.ts";
export {
  createSpendLedger,
  type Reservation,
  type ReserveResult,
  type SavedSpending,
  type SpendLedger,
  type SpendTotals,
} from "./cost/spend-ledger.ts";

// Errors: what failed, whether and when to try again

export {
  categoryOfText,
  classifyError,
  classifyHttpFailure,
  type ErrorClass,
  type HttpErrorClass,
  isTransientCategory,
} from "./errors/classify.ts";
export type { ErrorReason } from "./errors/error-patterns.ts";
export { wasInterrupted } from "./errors/interrupted.ts";
export {
  type CallIdentity,
  cancelledFailure,
  failureFromText,
  type HttpFailure,
  httpFailure,
  type PartialAnswer,
  requestFailure,
  timeoutFailure,
  transportFailure,
  truncatedFailure,
} from "./errors/model-failures.ts";
export { MAX_RETRY_AFTER_MS, parseRetryAfterText, retryAfterOf } from "./errors/retry-after.ts";
export { isEmptyCompletion, isRetryable, retryDelayMs } from "./errors/retry-decision.ts";
export { scrubSecrets } from "./errors/scrub-secrets.ts";

// Scripted model for tests

export {
  createFakeLlm,
  createFakeModel,
  FAKE_PROVIDER,
  type FakeLlm,
  type FakeLlmCall,
  type FakeLlmGuard,
  type FakeModel,
  installFakeLlmScript,
  isFakeProvider,
  withFakeLlmScript,
} from "./fake/fake-model.ts";
export {
  type FakeErrorTurn,
  type FakeEvent,
  type FakeExpectation,
  type FakeScript,
  type FakeStallTurn,
  type FakeStopReason,
  type FakeStreamTurn,
  type FakeTurn,
  fakeDone,
  fakeError,
  fakeScript,
  fakeStall,
  fakeStream,
  fakeThinking,
  fakeToken,
  fakeToolCall,
} from "./fake/fake-script.ts";

// Models of the ecosystem's common provider interface

export type { LanguageModel } from "./language-model/language-model.ts";
export { type LanguageModelOptions, languageModelClient } from "./language-model/language-model-client.ts";

// Rate limits

export { rateLimitLayer } from "./limits/rate-limit-layer.ts";
export {
  createRateLimiter,
  type RateLimiter,
  rateLimitBuiltin,
  rateLimitFromEnv,
  type SavedWindow,
} from "./limits/rate-limiter.ts";
export {
  categoryOfThrown,
  RATE_LIMITED_OPTION_NAMES,
  type RateLimitedOptions,
  type RateLimitedParts,
  withRateLimit,
} from "./limits/with-rate-limit.ts";

// Mock answers

export { createLlmMocks, type LlmMockCall, type LlmMocks, type SavedMocks } from "./mock/llm-mock.ts";
export {
  type LlmMock,
  MOCK_OPTION_NAMES,
  mockOfResult,
  readMockFixtures,
  writeMockFixtures,
} from "./mock/mock-config.ts";

// Providers

export { hostModelClient, serveModelStream } from "./providers/host-model-client.ts";
export { createHttpModelClient, type HttpClientOptions } from "./providers/http-model-client.ts";
export { type HttpTiming, STREAMING_HTTP, UTILITY_HTTP, WHOLE_HTTP } from "./providers/http-timing.ts";
export { createModelRouter, createProviderClients, type ModelRouterOptions } from "./providers/model-router.ts";
export type { AnswerDecoder, ApiStyle, EncodeContext, EncodedRequest, WireFormat } from "./providers/wire-format.ts";
export { apiStyleOf, WIRE_FORMATS } from "./providers/wire-formats.ts";

// Recordings

export { type Difference, describeDifference, firstDifference } from "./replay/json-difference.ts";
export { createModelFixtures, fixtureHash, type ModelFixtures, type ReplayMode } from "./replay/model-fixtures.ts";
export {
  createToolRecordings,
  type ToolRecord,
  type ToolRecordings,
  toolFixtureHash,
} from "./replay/tool-recordings.ts";

// Routing

export { decodeRoutingPolicy, type RoutingPolicy, routingPolicyValue } from "./routing/routing-policy.ts";
export type { RoutingAttempt, RoutingTrace } from "./routing/routing-trace.ts";

// Whole answers and stored data

export {
  decodeModelChunk,
  decodeModelError,
  decodeModelInput,
  ERROR_CATEGORIES,
  encodeModelError,
  isErrorCategory,
  type ModelStreamItem,
} from "./spec/decode.ts";
export type {
  AssistantMessage,
  Attachment,
  Message,
  ModelChunk,
  ModelClient,
  ModelInput,
  OutputFormat,
  SamplingSettings,
  Thinking,
  ThinkingConfig,
  ToolCall,
  ToolChoice,
  ToolMessage,
  ToolSpec,
  Usage,
  UserMessage,
} from "./spec/model.ts";
export { type ErrorCategory, type ErrorKind, ModelError, type ModelErrorFields } from "./spec/model-error.ts";
export {
  createResultFolder,
  foldModelStream,
  type ModelResult,
  NO_USAGE,
  type ResultFolder,
} from "./spec/model-result.ts";

// Streams

export { llmStream, llmStreamValues, STREAM_CAPACITY } from "./stream/llm-stream.ts";
export { produceAhead } from "./stream/produce-ahead.ts";

// Structured answers

export { extractJsonText, parseJson, repairJson } from "./structured/extract-json.ts";
export { toJsonSchema } from "./structured/json-schema.ts";
export { buildSchemaNudge, readSchemaNudge, type SchemaNudge } from "./structured/nudge.ts";
export {
  type OutputSchema,
  outputSchema,
  type SchemaCheck,
} from "./structured/output-schema.ts";
export type { FromSchema, SchemaInput, SchemaOutput } from "./structured/schema-type.ts";
export {
  llmCallStructured,
  llmCallStructuredResult,
  llmCallStructuredSafe,
  REPAIR_OPTION_NAMES,
  STRUCTURED_OPTION_NAMES,
  type StructuredResult,
  type StructuredSafe,
} from "./structured/structured-call.ts";
export { compileJsonCheck, type JsonCheck } from "./structured/validate-json.ts";

// Traces

export { type AgentTraceEvent, summarizeAgentTrace } from "./trace/agent-trace.ts";
export { redact } from "./trace/redact.ts";
export { type OtelTracerLike, otelTracer, type Span, type SpanAttributes, type Tracer } from "./trace/span.ts";
export { type AttemptFacts, type AttemptStatus, type CallObserver, traceLayer } from "./trace/trace-layer.ts";
export { type CallTraceEntry, createTraceLog, type SavedTraces, type TraceLog } from "./trace/trace-log.ts";
export { createTranscriptLog, type TranscriptLog, transcriptLogFromEnv } from "./trace/transcript-log.ts";

// Digests

export { sha256Hex } from "./wire/sha256.ts";

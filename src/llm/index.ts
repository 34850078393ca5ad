// Contract

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
export { isRetryable, retryDelayMs } from "./errors/retry-decision.ts";
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

// Contract

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

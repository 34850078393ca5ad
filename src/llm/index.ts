// Contract
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

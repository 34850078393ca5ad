// Host and effects
export { type CancelSignal, CancelToken } from "./cancel.ts";
// Errors
export { HarnError, type HarnErrorOptions, HostError, type HostErrorKind } from "./errors.ts";
export type {
  AsyncEffects,
  FileInfo,
  Host,
  HttpRequest,
  HttpResponse,
  HttpStreamItem,
  LogLevel,
  ProcessResult,
  StreamEffects,
  SyncEffects,
  SystemInfo,
} from "./host.ts";
// Data
export { isJsonObject, type Json, type JsonObject } from "./json.ts";

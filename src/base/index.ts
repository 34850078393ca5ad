// Host and effects

export { type CancelSignal, CancelToken } from "./cancel.ts";
export type {
  AsyncEffects,
  CompressionAlgorithm,
  FileInfo,
  FolderEntry,
  Host,
  HttpProxy,
  HttpRequest,
  HttpResponse,
  HttpStreamItem,
  HttpTls,
  LogLevel,
  ProcessResult,
  SignatureAlgorithm,
  StreamEffects,
  SyncEffects,
  SystemInfo,
} from "./host.ts";

// Data

export { AppendList, type EarlierItems } from "./append-list.ts";
export { crc32 } from "./crc32.ts";
export { isJsonObject, type Json, type JsonObject } from "./json.ts";
export { table } from "./table.ts";

// Building hosts

export {
  type AsyncHandlers,
  type EffectHandlers,
  hostFromHandlers,
  type StreamHandlers,
  type SyncHandlers,
} from "./effect-handlers.ts";
export { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";
export { createVirtualRandom, type VirtualRandom } from "./virtual-random.ts";

// Errors

export { HarnError, type HarnErrorOptions, HostError, type HostErrorKind } from "./errors.ts";

// Work on what is new

export {
  copyOf,
  createListLines,
  createListSum,
  growingList,
  type ListLine,
  type ListLines,
  withTail,
} from "./list-lines.ts";

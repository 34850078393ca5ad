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
  createVirtualHost,
  type HttpScript,
  type LogEntry,
  type ModelScript,
  type ProcessScript,
  type ScriptedHttp,
  type VirtualHost,
  type VirtualHostOptions,
} from "./virtual-host.ts";

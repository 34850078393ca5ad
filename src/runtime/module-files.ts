import { type Host, HostError } from "../base/index.ts";
import type { ModuleReader } from "../lang/index.ts";

/** Reads modules through the host. Text that is no UTF-8 is refused rather than read with holes. */
export function createModuleReader(host: Host): ModuleReader {
  return {
    async read(path) {
      try {
        const bytes = await host.perform("fs.read", { path });
        return { kind: "text", text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
      } catch (error) {
        if (!(error instanceof HostError)) return { kind: "unreadable", reason: "not valid UTF-8" };
        if (error.kind === "not_found" || error.kind === "not_a_directory") return { kind: "missing" };
        if (error.kind === "is_a_directory") return { kind: "directory" };
        return { kind: "unreadable", reason: error.kind.replaceAll("_", " ") };
      }
    },
    async kindOf(path) {
      const info = await host.perform("fs.stat", { path });
      return info?.kind === "file" || info?.kind === "directory" ? info.kind : "missing";
    },
  };
}

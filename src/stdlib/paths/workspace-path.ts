/**
 * Paths as a model writes them, seen from a workspace: relative to it, absolute on the machine, or unusable. A path that
 * looks absolute (`/src/a.ts`) but exists only inside the workspace is taken for one that lost its root.
 */

import type { Host } from "../../base/index.ts";
import { escapes, isAbsolute, joinPath, normalizePath, parentPath, splitPath, toPosix } from "./path-text.ts";
import { resolveFromRoot } from "./places.ts";

export interface WorkspacePath {
  readonly input: string;
  readonly kind: "workspace_relative" | "host_absolute" | "invalid";
  readonly normalized: string;
  readonly workspacePath?: string;
  readonly hostPath?: string;
  /** The root was missing and has been put back. */
  readonly recoveredRootDrift: boolean;
  /** Why it is invalid. */
  readonly reason?: string;
}

export async function classifyWorkspacePath(host: Host, input: string, root: string): Promise<WorkspacePath> {
  const trimmed = input.trim();
  const base = { input, recoveredRootDrift: false };
  if (trimmed === "") return { ...base, kind: "invalid", normalized: "", reason: "path is empty" };
  if (trimmed.includes("\0")) {
    return { ...base, kind: "invalid", normalized: toPosix(trimmed), reason: "path contains NUL bytes" };
  }
  const normalized = normalizePath(trimmed);
  const rootPath = normalizePath(resolveFromRoot(host, root));
  const inRoot = (path: string): string => normalizePath(joinPath([rootPath, path]));

  if (!isAbsolute(trimmed)) {
    const hostPath = inRoot(normalized);
    if (escapes(normalized)) {
      const reason = "workspace-relative path escapes the workspace root";
      return { ...base, kind: "invalid", normalized, hostPath, reason };
    }
    return { ...base, kind: "workspace_relative", normalized, workspacePath: normalized, hostPath };
  }
  const inside = insideWorkspace(normalized, rootPath);
  if (inside !== undefined) {
    return { ...base, kind: "host_absolute", normalized, workspacePath: inside, hostPath: normalized };
  }
  const recovered = await recoverRoot(host, trimmed, rootPath);
  if (recovered !== undefined) {
    return {
      input,
      kind: "workspace_relative",
      normalized: recovered,
      workspacePath: recovered,
      hostPath: inRoot(recovered),
      recoveredRootDrift: true,
    };
  }
  return { ...base, kind: "host_absolute", normalized, hostPath: normalized };
}

function insideWorkspace(path: string, root: string): string | undefined {
  const target = splitPath(path);
  const base = splitPath(root);
  if (!target.absolute || !base.absolute || target.drive !== base.drive) return undefined;
  if (!base.segments.every((segment, at) => target.segments[at] === segment)) return undefined;
  return target.segments.slice(base.segments.length).join("/") || ".";
}

async function recoverRoot(host: Host, path: string, root: string): Promise<string | undefined> {
  const posix = toPosix(path);
  if (!posix.startsWith("/")) return undefined;
  const candidate = normalizePath(posix.replace(/^\/+/, ""));
  if (candidate === "" || candidate === "." || escapes(candidate)) return undefined;
  const exists = async (at: string): Promise<boolean> =>
    (await host.perform("fs.stat", { path: at }).catch(() => undefined)) !== undefined;
  if (await exists(path)) return undefined;
  const whole = joinPath([root, candidate]);
  return (await exists(whole)) || (await exists(parentPath(whole))) ? candidate : undefined;
}

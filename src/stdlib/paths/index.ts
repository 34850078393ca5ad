/** Paths as text, and the folders of a run. */

import { List, record, type Value } from "../../vm/index.ts";
import { textArgument } from "../arguments.ts";
import { type Builtin, effect, pure } from "../builtin.ts";
import {
  baseName,
  extensionOf,
  isAbsolute,
  joinPath,
  normalizePath,
  parentPath,
  relativePath,
  splitPath,
  stemOf,
  toPosix,
  withExtension,
  withStem,
} from "./path-text.ts";
import { executionRoot } from "./places.ts";
import { classifyWorkspacePath } from "./workspace-path.ts";

/** A function of one path. */
function ofPath(
  name: string,
  result: string,
  summary: string,
  example: string,
  work: (path: string) => Value,
): Builtin {
  return pure({ signature: `${name}(path: string) -> ${result}`, summary, example }, (args) =>
    work(textArgument(args, 0)),
  );
}

const segmentList = (path: string): List => new List([...splitPath(path).segments]);

const workspaceRoot = (args: readonly Value[], root: () => string): string => {
  const given = args[1] === undefined ? "" : textArgument(args, 1);
  return given === "" ? root() : given;
};

export const pathBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "path_join(...parts: string) -> string",
      summary: "Put parts of a path together; an absolute part starts anew",
      example: 'println(path_join("src", "main.harn"))',
    },
    (args) => joinPath(args.map((_, at) => textArgument(args, at))),
  ),
  ofPath(
    "path_parts",
    "dict",
    "Take a path apart: `{dir, file, stem, ext, segments}`",
    'println(path_parts("a/b.txt").stem)',
    (path) =>
      record({
        dir: parentPath(path),
        file: baseName(path),
        stem: stemOf(path),
        ext: extensionOf(path),
        segments: segmentList(path),
      }),
  ),
  ofPath("path_parent", "string", "Give the folder of a path", 'println(path_parent("a/b.txt"))', parentPath),
  ofPath("path_basename", "string", "Give the last name of a path", 'println(path_basename("a/b.txt"))', baseName),
  ofPath("path_stem", "string", "Give the last name without extension", 'println(path_stem("a/b.txt"))', stemOf),
  ofPath(
    "path_extension",
    "string",
    "Give the extension with its dot, or nothing",
    'println(path_extension("a/b.txt"))',
    extensionOf,
  ),
  pure(
    {
      signature: "path_with_extension(path: string, extension: string) -> string",
      summary: "Change the extension, given with or without dot",
      example: 'println(path_with_extension("a/b.txt", "md"))',
    },
    (args) => withExtension(textArgument(args, 0), textArgument(args, 1)),
  ),
  pure(
    {
      signature: "path_with_stem(path: string, stem: string) -> string",
      summary: "Change the name and keep the extension",
      example: 'println(path_with_stem("a/b.txt", "c"))',
    },
    (args) => withStem(textArgument(args, 0), textArgument(args, 1)),
  ),
  ofPath(
    "path_is_absolute",
    "bool",
    "Tell whether a path starts at a root",
    'println(path_is_absolute("/a"))',
    isAbsolute,
  ),
  ofPath(
    "path_is_relative",
    "bool",
    "Tell whether a path counts from a folder",
    'println(path_is_relative("a"))',
    (path) => !isAbsolute(path),
  ),
  ofPath(
    "path_normalize",
    "string",
    "Resolve `.`, `..` and doubled slashes in the text of a path",
    'println(path_normalize("a/./b/../c"))',
    normalizePath,
  ),
  pure(
    {
      signature: "path_relative_to(path: string, base: string) -> string | nil",
      summary: "Give the way from a folder to a path; nil when there is none",
      example: 'println(path_relative_to("/a/c", "/a/b"))',
    },
    (args) => relativePath(textArgument(args, 0), textArgument(args, 1)),
  ),
  ofPath("path_to_posix", "string", "Write a path with forward slashes", 'println(path_to_posix("a\\\\b"))', toPosix),
  ofPath(
    "path_to_native",
    "string",
    "Write a path as the platform's programs accept it",
    'println(path_to_native("a/b"))',
    toPosix,
  ),
  ofPath("path_segments", "list<string>", "List the names in a path", 'println(path_segments("a/b/c"))', segmentList),
  effect(
    {
      signature: "path_workspace_info(path: string, workspace_root?: string) -> dict",
      summary: "Tell how a path lies to a workspace: `{kind, normalized, workspace_path, host_path, …}`",
      effects: ["fs"],
      example: 'println(path_workspace_info("src/a.txt").kind)',
    },
    async (args, { host }) => {
      const root = workspaceRoot(args, () => executionRoot(host));
      const info = await classifyWorkspacePath(host, textArgument(args, 0), root);
      return record({
        input: info.input,
        kind: info.kind,
        normalized: info.normalized,
        workspace_path: info.workspacePath,
        host_path: info.hostPath,
        recovered_root_drift: info.recoveredRootDrift,
        reason: info.reason,
      });
    },
  ),
  effect(
    {
      signature: "path_workspace_normalize(path: string, workspace_root?: string) -> string | nil",
      summary: "Give a path relative to a workspace; nil when it lies outside",
      effects: ["fs"],
      example: 'println(path_workspace_normalize("src/../a.txt"))',
    },
    async (args, { host }) => {
      const root = workspaceRoot(args, () => executionRoot(host));
      return (await classifyWorkspacePath(host, textArgument(args, 0), root)).workspacePath;
    },
  ),
];

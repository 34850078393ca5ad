/**
 * Files and folders. Relative paths count from the execution root. Text is UTF-8, read strictly: a file that is not text
 * is an error, not a text with holes.
 */

import type { Host } from "../../base/index.ts";
import {
  Bytes,
  compareText,
  Dict,
  display,
  err,
  Float,
  List,
  ok,
  record,
  Thrown,
  typeName,
  type Value,
} from "../../vm/index.ts";
import { boolField, decodeUtf8, field, intField, stringField, textArgument, thrown } from "../arguments.ts";
import { type Builtin, effect, pure } from "../builtin.ts";
import { attempt } from "../host-failures.ts";
import { isAbsolute, joinPath, splitPath } from "../paths/path-text.ts";
import { resolveFromRoot } from "../paths/places.ts";
import { compileGlob } from "./glob-pattern.ts";
import { walkFolder } from "./walk-folder.ts";

/** The longest text that every engine can hold, in UTF-16 units. */
const MAX_TEXT_BYTES = 2 ** 29 - 24;

const pathAt = (host: Host, args: readonly Value[], index = 0): string =>
  resolveFromRoot(host, textArgument(args, index));

function require(args: readonly Value[], count: number, message: string): void {
  if (args.length < count) throw thrown(message);
}

async function readText(host: Host, path: string, prefix: string): Promise<string> {
  const bytes = await attempt(host.perform("fs.read", { path }), (reason) => `${prefix}: ${reason}`);
  if (bytes.length > MAX_TEXT_BYTES) {
    throw thrown(`${prefix}: ${bytes.length} bytes are too many for a text (at most ${MAX_TEXT_BYTES})`);
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) throw thrown(`${prefix}: stream did not contain valid UTF-8`);
  return text;
}

const readFile = (host: Host, path: string): Promise<string> => readText(host, path, `Failed to read file ${path}`);

/** Lines without their ends; a line break at the very end starts no further line. */
function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  return lines.map((line, at) => {
    const ended = at < lines.length - 1 || text.endsWith("\n");
    return ended && line.endsWith("\r") ? line.slice(0, -1) : line;
  });
}

function refuseHandles(builtin: string, options: Value): void {
  if (boolField(options, "long_running") === true || boolField(options, "background") === true) {
    throw thrown(`${builtin}: no background handles here; use \`spawn { ${builtin}(…) }\` and await it`);
  }
}

export const fileBuiltins: readonly Builtin[] = [
  effect(
    {
      signature: "read_file(path: string) -> string",
      summary: "Read a text file",
      effects: ["fs"],
      errors: "Throws when the file cannot be read or is not UTF-8",
      example: 'write_file("a.txt", "hi")\nprintln(read_file("a.txt"))',
    },
    (args, { host }) => readFile(host, pathAt(host, args)),
  ),
  effect(
    {
      signature: "read_file_result(path: string) -> Result<string, string>",
      summary: "Read a text file; failures come back as `Result.Err`",
      effects: ["fs"],
      example: 'println(is_err(read_file_result("missing.txt")))',
    },
    async (args, { host }) => {
      try {
        return ok(await readFile(host, pathAt(host, args)));
      } catch (error) {
        if (error instanceof Thrown) return err(error.value);
        throw error;
      }
    },
  ),
  effect(
    {
      signature: "read_file_bytes(path: string) -> bytes",
      summary: "Read a file of any kind",
      effects: ["fs"],
      errors: "Throws when the file cannot be read",
      example: 'write_file("a.txt", "hi")\nprintln(len(read_file_bytes("a.txt")))',
    },
    async (args, { host }) => {
      const path = pathAt(host, args);
      const read = host.perform("fs.read", { path });
      return new Bytes(await attempt(read, (reason) => `Failed to read file ${path}: ${reason}`));
    },
  ),
  effect(
    {
      signature: "read_lines(path: string) -> list<string>",
      summary: "Read the lines of a text file, without their ends",
      effects: ["fs"],
      errors: "Throws when the file cannot be read or is not UTF-8",
      example: 'write_file("a.txt", "one\\ntwo\\n")\nprintln(read_lines("a.txt"))',
    },
    async (args, { host }) => {
      const path = pathAt(host, args);
      return new List(linesOf(await readText(host, path, `read_lines: ${path}`)));
    },
  ),
  effect(
    {
      signature: "write_file(path: string, content: any)",
      summary: "Write a text file, replacing what was there",
      effects: ["fs"],
      errors: "Throws when the file cannot be written",
      example: 'write_file("a.txt", "hi")\nprintln(read_file("a.txt"))',
    },
    async (args, { host }) => {
      require(args, 2, "write_file: path and content are required");
      const path = pathAt(host, args);
      const write = host.perform("fs.write", { path, data: display(args[1]) });
      return attempt(write, (reason) => `Failed to write file ${path}: ${reason}`);
    },
  ),
  effect(
    {
      signature: "write_file_bytes(path: string, content: bytes)",
      summary: "Write bytes to a file, replacing what was there",
      effects: ["fs"],
      errors: "Throws when the content is not bytes or the file cannot be written",
      example: 'write_file_bytes("a.bin", bytes_from_hex("00ff"))',
    },
    async (args, { host }) => {
      require(args, 2, "write_file_bytes: path and content are required");
      const path = pathAt(host, args);
      const content = args[1];
      if (!(content instanceof Bytes)) {
        throw thrown(`write_file_bytes expects bytes content, got ${typeName(content)}`);
      }
      const write = host.perform("fs.write", { path, data: content.data });
      return attempt(write, (reason) => `Failed to write file ${path}: ${reason}`);
    },
  ),
  effect(
    {
      signature: "append_file(path: string, content: any)",
      summary: "Write at the end of a text file, making it when needed",
      effects: ["fs"],
      errors: "Throws when the file cannot be written",
      example: 'append_file("log.txt", "one line\\n")',
    },
    async (args, { host }) => {
      require(args, 2, "append_file: path and content are required");
      const path = pathAt(host, args);
      const write = host.perform("fs.write", { path, data: display(args[1]), append: true });
      return attempt(write, (reason) => `Failed to append to file ${path}: ${reason}`);
    },
  ),
  effect(
    {
      signature: "file_exists(path: string) -> bool",
      summary: "Tell whether there is a file or folder",
      effects: ["fs"],
      example: 'println(file_exists("missing.txt"))',
    },
    async (args, { host }) => {
      const info = await host.perform("fs.stat", { path: pathAt(host, args) }).catch(() => undefined);
      return info !== undefined && info.kind !== "symlink";
    },
  ),
  effect(
    {
      signature: "delete_file(path: string)",
      summary: "Delete a file, or a folder with all that is in it",
      effects: ["fs"],
      errors: "Throws when there is nothing or it cannot be deleted",
      example: 'write_file("a.txt", "hi")\ndelete_file("a.txt")',
    },
    async (args, { host }) => {
      const path = pathAt(host, args);
      const info = await host.perform("fs.stat", { path }).catch(() => undefined);
      const recursive = info?.kind === "directory";
      const what = recursive ? "directory" : "file";
      const remove = host.perform("fs.remove", { path, recursive });
      return attempt(remove, (reason) => `Failed to delete ${what} ${path}: ${reason}`);
    },
  ),
  effect(
    {
      signature: "copy_file(source: string, target: string)",
      summary: "Copy a file or folder",
      effects: ["fs"],
      errors: "Throws when it cannot be copied",
      example: 'write_file("a.txt", "hi")\ncopy_file("a.txt", "b.txt")',
    },
    async (args, { host }) => {
      require(args, 2, "copy_file: source and target are required");
      const from = pathAt(host, args);
      const to = pathAt(host, args, 1);
      return attempt(host.perform("fs.copy", { from, to }), (reason) => `Failed to copy ${from} to ${to}: ${reason}`);
    },
  ),
  effect(
    {
      signature: "move_file(source: string, target: string)",
      summary: "Move or rename a file or folder",
      effects: ["fs"],
      errors: "Throws when it cannot be moved",
      example: 'write_file("a.txt", "hi")\nmove_file("a.txt", "b.txt")',
    },
    async (args, { host }) => {
      require(args, 2, "move_file: src and dst are required");
      const from = pathAt(host, args);
      const to = pathAt(host, args, 1);
      const move = host.perform("fs.move", { from, to });
      return attempt(move, (reason) => `move_file: Failed to move ${from} to ${to}: ${reason}`);
    },
  ),
  effect(
    {
      signature: "list_dir(path?: string) -> list<string>",
      summary: "List the names in a folder, sorted",
      effects: ["fs"],
      errors: "Throws when it cannot be listed",
      example: "println(type_of(list_dir()))",
    },
    async (args, { host }) => {
      const path = resolveFromRoot(host, args.length === 0 ? "." : textArgument(args, 0));
      const list = host.perform("fs.list", { path });
      return new List([...(await attempt(list, (reason) => `Failed to list directory ${path}: ${reason}`))]);
    },
  ),
  effect(
    {
      signature: "mkdir(path: string)",
      summary: "Make a folder and those it lies in; one that is there is fine",
      effects: ["fs"],
      errors: "Throws when it cannot be made",
      example: 'mkdir("out/logs")',
    },
    async (args, { host }) => {
      const path = pathAt(host, args);
      return attempt(host.perform("fs.mkdir", { path }), (reason) => `Failed to create directory ${path}: ${reason}`);
    },
  ),
  effect(
    {
      signature: "stat(path: string) -> dict",
      summary: "Describe a file: `{size, is_file, is_dir, readonly, modified}`; times in seconds",
      effects: ["fs"],
      errors: "Throws when there is none",
      example: 'write_file("a.txt", "hi")\nprintln(stat("a.txt").size)',
    },
    async (args, { host }) => {
      const path = pathAt(host, args);
      const info = await attempt(host.perform("fs.stat", { path }), (reason) => `Failed to stat ${path}: ${reason}`);
      if (info === undefined || info.kind === "symlink") {
        throw thrown(`Failed to stat ${path}: No such file or directory (os error 2)`);
      }
      return record({
        size: info.sizeBytes,
        is_file: info.kind === "file",
        is_dir: info.kind === "directory",
        readonly: info.readonly,
        modified: new Float(info.modifiedMs / 1000),
      });
    },
  ),
  effect(
    {
      signature: "walk_dir(root: string, options?: dict) -> list<dict>",
      summary:
        "List a folder and all below as `{path, is_dir, is_file, depth}`; options `max_depth`, `follow_symlinks`",
      effects: ["fs"],
      errors: "Throws without a path, and beyond a million entries",
      example: 'println(len(walk_dir("missing")))',
    },
    async (args, { host }) => {
      if (textArgument(args, 0) === "") throw thrown("walk_dir: root path is required");
      refuseHandles("walk_dir", args[1]);
      const maxDepth = intField(args[1], "max_depth");
      const entries = await walkFolder(host, pathAt(host, args), {
        ...(maxDepth !== undefined && maxDepth >= 0 ? { maxDepth } : {}),
        followLinks: boolField(args[1], "follow_symlinks") === true,
      });
      return new List(
        entries.map(({ path, kind, depth }) =>
          record({ path, is_dir: kind === "directory", is_file: kind === "file", depth }),
        ),
      );
    },
  ),
  effect(
    {
      signature: "glob(pattern: string, base?: string | dict, options?: dict) -> list<string>",
      summary: "List the paths below a folder whose relative path matches, sorted",
      effects: ["fs"],
      errors: "Throws for a pattern that is none",
      example: 'mkdir("src")\nwrite_file("src/a.txt", "")\nprintln(len(glob("src/*.txt")))',
    },
    async (args, { host }) => {
      const given = textArgument(args, 0);
      if (given === "") throw thrown("glob: pattern is required");
      const root = isAbsolute(given) ? `${splitPath(given).drive}/` : undefined;
      const text = root === undefined ? given : given.slice(root.length);
      const options = args[1] instanceof Dict ? args[1] : args[2];
      refuseHandles("glob", options);
      const base = field(options, "base") === undefined ? givenBase(args[1]) : stringField(options, "base");
      const compiled = compileGlob(text);
      if ("message" in compiled) throw thrown(`glob: ${compiled.message}`);
      const { prefix, maxDepth, matches } = compiled.pattern;
      const start = joinPath([root ?? resolveFromRoot(host, base || "."), ...prefix]);
      const entries = await walkFolder(host, start, { maxDepth: maxDepth - prefix.length });
      const before = prefix.length === 0 ? "" : `${prefix.join("/")}/`;
      const found = entries.filter(({ relative }) => relative !== "" && matches(`${before}${relative}`));
      return new List(found.map(({ path }) => path).sort(compareText));
    },
  ),
  pure(
    {
      signature: "temp_dir() -> string",
      summary: "Give the folder for temporary files",
      effects: ["fs"],
      example: "println(file_exists(temp_dir()))",
    },
    (_args, { host }) => host.sync("system.info", {}).tempDir,
  ),
];

function givenBase(value: Value): string | undefined {
  return value === undefined || value instanceof Dict ? undefined : display(value);
}

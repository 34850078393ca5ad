import { describe, expect, it } from "vitest";
import { shown } from "../../../test/support/run-harn.ts";
import { createVirtualHost } from "../../testing/index.ts";
import { joinPath, normalizePath, relativePath } from "./path-text.ts";
import { classifyWorkspacePath } from "./workspace-path.ts";

describe("paths (M3)", () => {
  it.each([
    ['path_join("a", "b", "c.txt")', "a/b/c.txt"],
    ['path_join("a/", "b")', "a/b"],
    ['path_join("a", "/b", "c")', "/b/c"],
    ['path_join("a", "")', "a/"],
    ["path_join()", ""],
    ['path_parts("a/b.tar.gz")', "{dir: a, ext: .gz, file: b.tar.gz, segments: [a, b.tar.gz], stem: b.tar}"],
    ['path_parent("/a")', "/"],
    ['path_parent("a")', ""],
    ['path_basename("a/b/")', "b"],
    ['path_stem(".gitignore")', ".gitignore"],
    ['path_extension(".gitignore")', ""],
    ['path_with_extension("/c", "md")', "/c.md"],
    ['path_with_extension("a/c.txt", "")', "a/c"],
    ['path_with_stem("a/c.txt", "d")', "a/d.txt"],
    ['path_is_absolute("C:/a")', "true"],
    ['path_is_absolute("C:a")', "false"],
    ['path_is_relative("./a")', "true"],
    ['path_to_posix("a\\\\b")', "a/b"],
    ['path_relative_to("/a", "b")', "nil"],
    ['path_segments("/a//b/")', "[a, b]"],
  ])("%s is %s", async (expression, expected) => {
    expect(await shown(expression)).toBe(expected);
  });

  it.each([
    ["", ""],
    ["a/./b/../c", "a/c"],
    ["a/../../b", "../b"],
    ["/../a", "/a"],
    ["/", "/"],
    ["./", "."],
    ["C:\\a\\..\\b", "C:/b"],
    ["../../x", "../../x"],
  ])("%j normalized is %j", (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
  });

  it.each([
    ["/a/c", "/a/b", "../c"],
    ["/a", "/a", "."],
    ["a/b/c", "a", "b/c"],
    ["C:/a", "D:/a", undefined],
    ["/a", "/a/b/c", "../.."],
  ])("from %s, seen from %s, the way is %s", (path, base, expected) => {
    expect(relativePath(path, base)).toBe(expected);
    if (expected !== undefined) expect(normalizePath(joinPath([base, expected]))).toBe(normalizePath(path));
  });
});

describe("paths of a workspace", () => {
  const host = createVirtualHost({ files: { "/ws/pkg/a.txt": "", "/other/b.txt": "" } });
  it.each([
    ["src/x.ts", "workspace_relative", "src/x.ts", "/ws/src/x.ts", false],
    ["../x", "invalid", undefined, "/x", false],
    ["  ", "invalid", undefined, undefined, false],
    ["a\0b", "invalid", undefined, undefined, false],
    ["/ws/pkg/a.txt", "host_absolute", "pkg/a.txt", "/ws/pkg/a.txt", false],
    ["/ws", "host_absolute", ".", "/ws", false],
    ["/wsx", "workspace_relative", "wsx", "/ws/wsx", true],
    ["/pkg/a.txt", "workspace_relative", "pkg/a.txt", "/ws/pkg/a.txt", true],
    ["/pkg/new.txt", "workspace_relative", "pkg/new.txt", "/ws/pkg/new.txt", true],
    ["/other/b.txt", "host_absolute", undefined, "/other/b.txt", false],
    ["/no/such/thing", "host_absolute", undefined, "/no/such/thing", false],
  ])("%j is %s", async (path, kind, workspacePath, hostPath, recoveredRootDrift) => {
    const info = await host.drive(classifyWorkspacePath(host, path, "/ws"));
    expect([info.kind, info.workspacePath, info.hostPath, info.recoveredRootDrift]).toEqual([
      kind,
      workspacePath,
      hostPath,
      recoveredRootDrift,
    ]);
  });
});

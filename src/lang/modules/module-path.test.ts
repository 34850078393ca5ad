import { describe, expect, it } from "vitest";
import { folderOf, foldersUpwards, hasExtension, isAbsolutePath, joinPath, normalizePath } from "./module-path.ts";

describe("paths as text", () => {
  it.each([
    ["a/./b//c/../d", "a/b/d"],
    ["/a/../../b", "/b"],
    ["../../a/..", "../.."],
    ["", "."],
    ["a/..", "."],
    ["/", "/"],
    ["C:\\x\\..\\y", "C:/y"],
  ])("normalizes %j", (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
  });

  it("joins, and an absolute path wins", () => {
    expect(joinPath("/a/b", "../c")).toBe("/a/c");
    expect(joinPath(".", "c")).toBe("c");
    expect(joinPath("/a", "/c")).toBe("/c");
    expect(isAbsolutePath("C:/x")).toBe(true);
  });

  it.each([
    ["/a/b.harn", "/a"],
    ["/a", "/"],
    ["/", "/"],
    ["a.harn", "."],
    ["a/b", "a"],
    [".", ".."],
    ["C:/a", "C:/"],
  ])("gives the folder of %j", (path, expected) => {
    expect(folderOf(path)).toBe(expected);
  });

  it("walks upwards to the root, or as far as a relative path tells", () => {
    expect(foldersUpwards("/a/b")).toEqual(["/a/b", "/a", "/"]);
    expect(foldersUpwards("a/b")).toEqual(["a/b", "a", "."]);
    expect(foldersUpwards("../x")).toEqual(["../x", ".."]);
  });

  it("sees extensions, not hidden files", () => {
    expect(["a.harn", "a.b/c", ".hidden", "x/.hidden", "v1.2"].map(hasExtension)).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { HostError, type HostErrorKind } from "../base/index.ts";
import { createVirtualFiles, normalizePath, type VirtualFiles } from "./virtual-files.ts";

function createTree(): VirtualFiles {
  const files = createVirtualFiles("/w", () => 7);
  files.mkdir("/w/d/e");
  files.write("/w/d/a.txt", "alpha");
  files.write("b.txt", "beta");
  return files;
}

function kindOf(act: () => unknown): HostErrorKind | "no error" {
  try {
    act();
    return "no error";
  } catch (error) {
    if (error instanceof HostError) return error.kind;
    throw error;
  }
}

describe("virtual files", () => {
  it.each([
    ["/a/b", "/", "/a/b"],
    ["./c", "/w", "/w/c"],
    ["../x//y/", "/w/d", "/w/x/y"],
    ["/../..", "/w", "/"],
  ])("normalises %s in %s", (path, cwd, expected) => {
    expect(normalizePath(path, cwd)).toBe(expected);
  });

  it("reads, appends, lists in order and tells sizes in bytes", () => {
    const files = createTree();
    files.write("b.txt", "é", true);
    expect(files.readText("/w/b.txt")).toBe("betaé");
    expect(files.stat("b.txt")).toEqual({ kind: "file", sizeBytes: 6, modifiedMs: 7, readonly: false });
    expect(files.list("/w")).toEqual(["b.txt", "d"]);
    expect(files.list("d")).toEqual(["a.txt", "e"]);
    expect(files.list("/")).toEqual(["w"]);
    expect(files.stat("nowhere")).toBeUndefined();
  });

  it("copies bytes in and out, so that neither side can change the other's", () => {
    const files = createTree();
    const mine = new Uint8Array([1, 2]);
    files.write("bin", mine);
    mine[0] = 9;
    const read = files.read("bin");
    read[1] = 9;
    expect([...files.read("bin")]).toEqual([1, 2]);
  });

  const failures: { name: string; act: (files: VirtualFiles) => void; kind: HostErrorKind }[] = [
    { name: "reading what is not there", act: (f) => f.read("x"), kind: "not_found" },
    { name: "reading a folder", act: (f) => f.read("d"), kind: "is_a_directory" },
    { name: "writing into a folder that is not there", act: (f) => f.write("x/y", ""), kind: "not_found" },
    { name: "writing below a file", act: (f) => f.write("b.txt/y", ""), kind: "not_a_directory" },
    { name: "writing over a folder", act: (f) => f.write("d", ""), kind: "is_a_directory" },
    { name: "listing a file", act: (f) => f.list("b.txt"), kind: "not_a_directory" },
    { name: "making a folder where a file is", act: (f) => f.mkdir("b.txt"), kind: "already_exists" },
    { name: "making a folder below a file", act: (f) => f.mkdir("b.txt/x"), kind: "not_a_directory" },
    { name: "removing a full folder", act: (f) => f.remove("d"), kind: "not_empty" },
    { name: "removing what is not there", act: (f) => f.remove("x", true), kind: "not_found" },
    { name: "moving a folder into itself", act: (f) => f.move("d", "d/e/f"), kind: "invalid_input" },
    { name: "copying a folder into itself", act: (f) => f.copy("d", "d/e/f"), kind: "invalid_input" },
    {
      name: "writing a read-only file",
      act: (f) => {
        f.setReadonly("b.txt", true);
        f.write("b.txt", "");
      },
      kind: "permission_denied",
    },
    {
      name: "an injected fault",
      act: (f) => {
        f.fail({ operation: "fs.read", kind: "other" });
        f.read("b.txt");
      },
      kind: "other",
    },
  ];
  it.each(failures)("$name fails with $kind and changes nothing", ({ act, kind }) => {
    const files = createTree();
    const before = files.snapshot();
    expect(kindOf(() => act(files))).toBe(kind);
    files.setReadonly("b.txt", false);
    expect(files.snapshot()).toEqual(before);
  });

  it("moves and copies whole folders", () => {
    const files = createTree();
    files.copy("d", "copy");
    files.move("d", "moved");
    expect(files.snapshot()).toEqual({
      "/w/b.txt": "beta",
      "/w/copy/a.txt": "alpha",
      "/w/moved/a.txt": "alpha",
    });
    files.remove("copy", true);
    expect(files.list(".")).toEqual(["b.txt", "moved"]);
  });

  it("a full disk takes what fits and then fails; freed bytes count", () => {
    const files = createTree();
    files.capacityBytes = 12;
    expect(kindOf(() => files.write("c.txt", "gamma"))).toBe("no_space");
    expect(files.readText("c.txt")).toBe("gam");
    files.write("b.txt", "be");
    files.write("c.txt", "gamma");
    expect(files.readText("c.txt")).toBe("gamma");
  });

  it("a short write leaves its first bytes, and a fault is used as often as it says", () => {
    const files = createTree();
    files.fail({ operation: "fs.write", path: "b.txt", kind: "no_space", writtenBytes: 2, times: 1 });
    files.write("other.txt", "untouched");
    expect(kindOf(() => files.write("b.txt", "BETA", true))).toBe("no_space");
    expect(files.readText("b.txt")).toBe("betaBE");
    files.write("b.txt", "again");
    expect(files.readText("b.txt")).toBe("again");
  });
});

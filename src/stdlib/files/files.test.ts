import { describe, expect, it } from "vitest";
import { caught, printed, shown } from "../../../test/support/run-harn.ts";
import type { HostErrorKind } from "../../base/index.ts";
import { loadSource, startProgram } from "../../runtime/index.ts";
import { createVirtualHost, type FileOperation, type VirtualHost } from "../../testing/index.ts";
import { compileGlob } from "./glob-pattern.ts";
import { walkFolder } from "./walk-folder.ts";

const files = {
  "a.txt": "alpha\nbeta\r\n",
  "sub/b.md": "b",
  "sub/deep/c.md": "c",
  "sub/.hidden.md": "h",
  "blob.bin": new Uint8Array([0xff, 0xfe, 0x00]),
};

/** What `catch` binds, with the host's files prepared to fail. */
async function failing(expression: string, prepare: (host: VirtualHost) => void): Promise<string> {
  const host = createVirtualHost({ files });
  prepare(host);
  const source = `try {\n  let value = ${expression}\n  println("no error: \${value}")\n} catch (e) {\n  println(e)\n}`;
  const loaded = loadSource("/home/harn/main.harn", source);
  if (loaded.program === undefined) throw new Error(JSON.stringify(loaded.diagnostics));
  await host.drive(startProgram(loaded.program, { host }).outcome);
  return host.stdout().trimEnd();
}

describe("files (M3)", () => {
  it.each([
    ['read_file("a.txt")', "alpha\nbeta\r\n"],
    ['read_file("/home/harn/sub/b.md")', "b"],
    ['read_lines("a.txt")', "[alpha, beta]"],
    ['len(read_file_bytes("blob.bin"))', "3"],
    ['read_file_result("a.txt") == Ok(read_file("a.txt"))', "true"],
    ['file_exists("sub")', "true"],
    ['file_exists("nope")', "false"],
    ["list_dir()", "[a.txt, blob.bin, sub]"],
    ['list_dir("sub")', "[.hidden.md, b.md, deep]"],
    ['stat("a.txt")', "{is_dir: false, is_file: true, modified: 1767225600.0, readonly: false, size: 12}"],
    ['stat("sub").is_dir', "true"],
    ["temp_dir()", "/tmp"],
  ])("%s", async (expression, expected) => {
    expect(await shown(expression, { files })).toBe(expected);
  });

  it("writing, appending, copying, moving, deleting", async () => {
    expect(
      await printed(
        `write_file("n.txt", [1, "two"])
append_file("n.txt", "!")
append_file("new.txt", "first")
println(read_file("n.txt"))
println(read_file("new.txt"))
copy_file("n.txt", "copy.txt")
move_file("n.txt", "moved.txt")
println("\${file_exists("n.txt")} \${read_file("copy.txt")} \${read_file("moved.txt")}")
mkdir("x/y/z")
mkdir("x/y/z")
write_file_bytes("x/y/b.bin", read_file_bytes("blob.bin"))
println(read_file_bytes("x/y/b.bin") == read_file_bytes("blob.bin"))
delete_file("x")
println(list_dir())`,
        { files },
      ),
    ).toEqual([
      "[1, two]!",
      "first",
      "false [1, two]! [1, two]!",
      "true",
      "[a.txt, blob.bin, copy.txt, moved.txt, new.txt, sub]",
    ]);
  });

  it.each([
    ['""', "[]"],
    ['"a"', "[a]"],
    ['"a\\n"', "[a]"],
    ['"a\\n\\nb"', "[a, , b]"],
  ])("the lines of %s", async (text, expected) => {
    expect(await printed(`write_file("l", ${text})\nprintln(read_lines("l"))`)).toEqual([expected]);
  });
});

describe("what goes wrong with files", () => {
  it.each([
    ['read_file("no")', "Failed to read file /home/harn/no: No such file or directory (os error 2)"],
    ['read_file("sub")', "Failed to read file /home/harn/sub: Is a directory (os error 21)"],
    ['read_file("blob.bin")', "Failed to read file /home/harn/blob.bin: stream did not contain valid UTF-8"],
    [
      'read_file_result("no")',
      "no error: Result.Err(Failed to read file /home/harn/no: No such file or directory (os error 2))",
    ],
    ['read_file_bytes("no")', "Failed to read file /home/harn/no: No such file or directory (os error 2)"],
    ['read_lines("no")', "read_lines: /home/harn/no: No such file or directory (os error 2)"],
    ['write_file("no/x", "")', "Failed to write file /home/harn/no/x: No such file or directory (os error 2)"],
    ['write_file_bytes("x", "text")', "write_file_bytes expects bytes content, got string"],
    ['delete_file("no")', "Failed to delete file /home/harn/no: No such file or directory (os error 2)"],
    ['copy_file("no", "x")', "Failed to copy /home/harn/no to /home/harn/x: No such file or directory (os error 2)"],
    [
      'move_file("no", "x")',
      "move_file: Failed to move /home/harn/no to /home/harn/x: No such file or directory (os error 2)",
    ],
    ['list_dir("a.txt")', "Failed to list directory /home/harn/a.txt: Not a directory (os error 20)"],
    ['mkdir("a.txt")', "Failed to create directory /home/harn/a.txt: File exists (os error 17)"],
    ['stat("no")', "Failed to stat /home/harn/no: No such file or directory (os error 2)"],
    ['walk_dir("")', "walk_dir: root path is required"],
    ['glob("")', "glob: pattern is required"],
    ['glob("[a")', "glob: error parsing glob '[a': unclosed character class; missing ']'"],
  ])("%s", async (expression, expected) => {
    expect(await caught(expression, { files })).toBe(expected);
  });

  it.each<[string, FileOperation, HostErrorKind, string]>([
    [
      'read_file("a.txt")',
      "fs.read",
      "permission_denied",
      "Failed to read file /home/harn/a.txt: Permission denied (os error 13)",
    ],
    [
      'write_file("a.txt", "x")',
      "fs.write",
      "no_space",
      "Failed to write file /home/harn/a.txt: No space left on device (os error 28)",
    ],
    [
      'append_file("a.txt", "x")',
      "fs.write",
      "no_space",
      "Failed to append to file /home/harn/a.txt: No space left on device (os error 28)",
    ],
    [
      'delete_file("sub")',
      "fs.remove",
      "permission_denied",
      "Failed to delete directory /home/harn/sub: Permission denied (os error 13)",
    ],
    [
      'stat("a.txt")',
      "fs.stat",
      "permission_denied",
      "Failed to stat /home/harn/a.txt: Permission denied (os error 13)",
    ],
    ['len(walk_dir("."))', "fs.entries", "permission_denied", "no error: 1"],
  ])("%s when %s fails with %s", async (expression, operation, kind, expected) => {
    expect(await failing(expression, (host) => host.files.fail({ operation, kind }))).toBe(expected);
  });

  it("a folder that cannot be entered is left out of a walk", async () => {
    const denied = await failing('len(walk_dir("."))', (host) =>
      host.files.fail({ operation: "fs.entries", path: "sub/deep", kind: "permission_denied" }),
    );
    expect(denied).toBe("no error: 7");
  });
});

describe("walking", () => {
  it("gives parents first, in order, with depth", async () => {
    const lines = await printed(
      'for e in walk_dir("sub") {\n  println("${e.depth} ${e.is_dir} ${e.is_file} ${e.path}")\n}',
      {
        files,
      },
    );
    expect(lines).toEqual([
      "0 true false /home/harn/sub",
      "1 false true /home/harn/sub/.hidden.md",
      "1 false true /home/harn/sub/b.md",
      "1 true false /home/harn/sub/deep",
      "2 false true /home/harn/sub/deep/c.md",
    ]);
  });

  it.each([
    ['len(walk_dir("sub", {max_depth: 1}))', "4"],
    ['len(walk_dir("sub", {max_depth: 0}))', "1"],
    ['walk_dir("no")', "[]"],
    ['glob("*.txt")', "[/home/harn/a.txt]"],
    ['glob("**/*.md")', "[/home/harn/sub/.hidden.md, /home/harn/sub/b.md, /home/harn/sub/deep/c.md]"],
    ['glob("*.md", "sub")', "[/home/harn/sub/.hidden.md, /home/harn/sub/b.md]"],
    ['glob("deep/?.md", {base: "sub"})', "[/home/harn/sub/deep/c.md]"],
    ['glob("sub/**/[!b].md")', "[/home/harn/sub/deep/c.md]"],
    ['glob("{a,b}.{txt,md}")', "[/home/harn/a.txt]"],
    ['glob("/home/harn/*.txt")', "[/home/harn/a.txt]"],
    ['glob("a.txt")', "[/home/harn/a.txt]"],
    ['glob("*", "no")', "[]"],
  ])("%s", async (expression, expected) => {
    expect(await shown(expression, { files })).toBe(expected);
  });

  it("a pattern tells where to start and how deep to go", () => {
    const shape = (text: string): unknown => {
      const compiled = compileGlob(text);
      return "pattern" in compiled ? [compiled.pattern.prefix.join("/"), compiled.pattern.maxDepth] : compiled.message;
    };
    expect(["src/lib/*.ts", "src/**/a", "*.md", "a/b", "{a/b,c}/d"].map(shape)).toEqual([
      ["src/lib", 3],
      ["src", Number.POSITIVE_INFINITY],
      ["", 1],
      ["a", 2],
      ["", Number.POSITIVE_INFINITY],
    ]);
  });

  it("a deep tree does not grow the stack", async () => {
    const host = createVirtualHost();
    host.files.mkdir(`/r${"/d".repeat(200)}`);
    expect(await host.drive(walkFolder(host, "/r"))).toHaveLength(201);
  });
});

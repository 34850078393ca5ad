import { describe, expect, it } from "vitest";
import { type LoadedModule, loadModuleGraph, type ModuleGraph, type ModuleGraphOptions } from "./graph.ts";
import { normalizePath } from "./module-path.ts";
import type { ModuleReader } from "./module-reader.ts";

interface Disk {
  readonly files: Readonly<Record<string, string>>;
  /** Link → where it leads; for whole folders too. */
  readonly links?: Readonly<Record<string, string>>;
  readonly unreadable?: Readonly<Record<string, string>>;
}

function diskReader({ files, links, unreadable = {} }: Disk): ModuleReader & { readonly reads: string[] } {
  const reads: string[] = [];
  const follow = (path: string): string => {
    for (const [from, to] of Object.entries(links ?? {})) {
      if (path === from || path.startsWith(`${from}/`)) return follow(normalizePath(to + path.slice(from.length)));
    }
    return path;
  };
  const isFolder = (path: string): boolean =>
    Object.keys(files).some((file) => file.startsWith(path === "/" ? "/" : `${path}/`));
  return {
    reads,
    async read(path) {
      reads.push(path);
      const real = follow(path);
      const reason = unreadable[real];
      if (reason !== undefined) return { kind: "unreadable", reason };
      const text = files[real];
      if (text !== undefined) return { kind: "text", text };
      return isFolder(real) ? { kind: "directory" } : { kind: "missing" };
    },
    async kindOf(path) {
      const real = follow(path);
      if (files[real] !== undefined || unreadable[real] !== undefined) return "file";
      return isFolder(real) ? "directory" : "missing";
    },
    ...(links === undefined ? {} : { canonical: async (path: string) => follow(path) }),
  };
}

const STD: Readonly<Record<string, string>> = {
  text: "pub fn trim(s) { return s }\nfn helper() { }",
  math: "fn one() { return 1 }",
};

function load(disk: Disk | Disk["files"], options: Partial<ModuleGraphOptions> = {}): Promise<ModuleGraph> {
  const full = "files" in disk ? (disk as Disk) : { files: disk as Disk["files"] };
  return loadModuleGraph({
    entry: "/app/main.harn",
    reader: diskReader(full),
    std: (name) => STD[name],
    stdNames: Object.keys(STD),
    ...options,
  });
}

const main = (graph: ModuleGraph): LoadedModule => graph.modules.get(graph.entry)!;
const messages = (graph: ModuleGraph): string[] =>
  [...graph.modules.values()].flatMap((module) => module.diagnostics.map((diagnostic) => diagnostic.message));
const importedBy = (module: LoadedModule): string[] =>
  [...module.imported].map(([name, origin]) => `${name}:${origin.kind}@${origin.moduleId}`);

describe("resolution of imports (§6.6)", () => {
  it.each([
    ["a file beside", "lib.harn", "/app/lib.harn"],
    ["without its extension", "lib", "/app/lib.harn"],
    ["with dots", "./sub/../lib", "/app/lib.harn"],
    ["in a folder above", "../other/x", "/other/x.harn"],
    ["an absolute path", "/other/x.harn", "/other/x.harn"],
    ["the standard library", "std/text", "<std>/text"],
    ["a file in a package", "acme/util", "/app/.harn/packages/acme/util.harn"],
    ["a package with lib.harn", "acme", "/app/.harn/packages/acme/lib.harn"],
    ["a folder in a package with lib.harn", "acme/deep", "/app/.harn/packages/acme/deep/lib.harn"],
    ["a package of a folder further up", "outer", "/.harn/packages/outer/lib.harn"],
    ["an export of the manifest (§6.7)", "acme/providers", "/app/.harn/packages/acme/runtime/p.harn"],
    ["a file in a root given by the caller", "vendored/x", "/vendor/vendored/x.harn"],
  ])("finds %s", async (_, path, id) => {
    const graph = await load(
      {
        "/app/main.harn": `import "${path}"`,
        "/app/lib.harn": "",
        "/other/x.harn": "",
        "/app/.harn/packages/acme/util.harn": "",
        "/app/.harn/packages/acme/lib.harn": "",
        "/app/.harn/packages/acme/deep/lib.harn": "",
        "/app/.harn/packages/acme/runtime/p.harn": "",
        "/app/.harn/packages/acme/harn.toml": '[exports]\nproviders = "runtime/p.harn"\nescape = "../../secret.harn"',
        "/app/.harn/secret.harn": "",
        "/.harn/packages/outer/lib.harn": "",
        "/vendor/vendored/x.harn": "",
      },
      { packageRoots: ["/vendor"] },
    );
    expect(messages(graph)).toEqual([]);
    expect(main(graph).imports[0]!.target).toBe(id);
  });

  it("prefers a file beside to a package", async () => {
    const graph = await load({
      "/app/main.harn": 'import "acme"',
      "/app/acme.harn": "",
      "/app/.harn/packages/acme/lib.harn": "",
    });
    expect(main(graph).imports[0]!.target).toBe("/app/acme.harn");
  });

  it("does not look for packages beyond the folder that holds .git", async () => {
    const graph = await load({
      "/app/main.harn": 'import "outer"',
      "/app/.git/HEAD": "",
      "/.harn/packages/outer/lib.harn": "",
    });
    expect(messages(graph)).toEqual(["Import error: cannot read 'outer': no such file or package"]);
  });

  it.each(["acme/escape", "acme/../../secret", "acme\\util"])("does not leave a package by %s", async (path) => {
    const graph = await load({
      "/app/main.harn": `import "${path.replace("\\", "\\\\")}"`,
      "/app/.harn/packages/acme/lib.harn": "",
      "/app/.harn/packages/acme/harn.toml": '[exports]\nescape = "../../secret.harn"',
      "/app/.harn/packages/secret.harn": "",
      "/app/.harn/secret.harn": "",
    });
    expect(main(graph).imports[0]!.target).toBeUndefined();
    expect(messages(graph)).toHaveLength(1);
  });

  it("does not leave a package through a link", async () => {
    const graph = await load({
      files: { "/app/main.harn": 'import "acme/out"', "/secret.harn": "", "/app/.harn/packages/acme/lib.harn": "" },
      links: { "/app/.harn/packages/acme/out.harn": "/secret.harn" },
    });
    expect(main(graph).imports[0]!.target).toBeUndefined();
  });

  it("knows a linked file by one id", async () => {
    const graph = await load({
      files: { "/app/main.harn": 'import "a"\nimport "loop/loop/a"', "/app/a.harn": "fn f() { }" },
      links: { "/app/loop": "/app" },
    });
    expect([...graph.modules.keys()]).toEqual(["/app/main.harn", "/app/a.harn"]);
    expect(messages(graph)).toEqual([]);
  });
});

describe("what cannot be loaded", () => {
  it("says where it looked for a missing module, at the path", async () => {
    const graph = await load({ "/app/main.harn": 'import { a } from "nope"' });
    expect(main(graph)).toMatchObject({
      importsResolved: false,
      diagnostics: [
        {
          code: "HARN-N101",
          message: "Import error: cannot read 'nope': no such file or package",
          span: { start: 18, end: 24 },
          hint: "Looked for /app/nope, /app/nope.harn",
        },
      ],
    });
  });

  it("suggests a standard module", async () => {
    const graph = await load({ "/app/main.harn": 'import "std/txet"' });
    expect(main(graph).diagnostics[0]).toMatchObject({
      code: "HARN-N102",
      message: "Unknown stdlib module: std/txet",
      hint: "Did you mean `text`?",
    });
  });

  it("passes on why a file cannot be read", async () => {
    const graph = await load({
      files: { "/app/main.harn": 'import "locked"' },
      unreadable: { "/app/locked.harn": "permission denied" },
    });
    expect(main(graph).diagnostics[0]).toMatchObject({
      code: "HARN-N103",
      message: "Import error: cannot read '/app/locked.harn': permission denied",
    });
  });

  it("survives a reader that throws", async () => {
    const reader: ModuleReader = {
      read: async (path) =>
        path === "/app/main.harn" ? { kind: "text", text: 'import "a"' } : Promise.reject(new Error("disk\nfell off")),
      kindOf: () => Promise.reject(new Error("no disk")),
    };
    const graph = await loadModuleGraph({ entry: "/app/main.harn", reader });
    expect(messages(graph)).toEqual(["Import error: cannot read 'a': no disk"]);
    const broken = await loadModuleGraph({ entry: "/app/x.harn", reader });
    expect(messages(broken)).toEqual(["Cannot read '/app/x.harn': disk fell off"]);
  });

  it("gives an empty module for a missing entry", async () => {
    const graph = await load({}, {});
    expect(main(graph).module.items).toEqual([]);
    expect(messages(graph)).toEqual(["Cannot read '/app/main.harn': no such file"]);
  });

  it("takes the entry's text from the caller", async () => {
    const graph = await load({ "/app/lib.harn": "" }, { entryText: 'import "lib"' });
    expect([...graph.modules.keys()]).toEqual(["/app/main.harn", "/app/lib.harn"]);
  });

  it("keeps syntax errors with their module, and doubts imports of it", async () => {
    const graph = await load({
      "/app/main.harn": 'import { a, zzz } from "lib"',
      "/app/lib.harn": "fn a() { }\nlet x = )",
    });
    expect(main(graph).diagnostics).toEqual([]);
    expect(main(graph).importsResolved).toBe(false);
    expect(graph.modules.get("/app/lib.harn")!.diagnostics.map((diagnostic) => diagnostic.code)).toEqual(["HARN-P001"]);
  });

  it("stops at a folder that leads back to itself", { timeout: 60_000 }, async () => {
    const reader: ModuleReader = {
      read: async () => ({ kind: "text", text: 'import "loop/a"' }),
      kindOf: async (path) => (path.endsWith(".harn") ? "file" : "missing"),
    };
    const graph = await loadModuleGraph({ entry: "/a.harn", reader });
    expect(messages(graph)).toEqual(['Expected at most 10000 modules, stopped at import "loop/a"']);
  });
});

describe("exports", () => {
  it.each([
    ["all functions when none is pub", "fn a() { }\nfn b() { }\nlet c = 1", ["a", "b"]],
    ["only pub ones otherwise", "pub fn a() { }\nfn b() { }", ["a"]],
    [
      "pub declarations of every kind",
      "pub fn a() { }\npub pipeline b() { }\npub tool c() { }\npub skill d { }\npub struct E { }\npub enum F { A }\npub eval_pack g { }",
      ["a", "b", "c", "d", "E", "F", "g"],
    ],
    ["types and interfaces always", "type A = int\ninterface B { }\npub fn c() { }", ["A", "B", "c"]],
    ["attributed declarations", "@test\npub fn a() { }\nfn b() { }", ["a"]],
    ["functions beside a pub pipeline", "pub pipeline a() { }\nfn b() { }", ["a", "b"]],
    ["no private function of a module that re-exports", 'pub import "std/text"\nfn b() { }', ["trim"]],
    ["nothing of an empty file", "", []],
  ])("are %s", async (_, text, names) => {
    const graph = await load({ "/app/main.harn": text });
    expect([...main(graph).exports.keys()].sort()).toEqual([...names].sort());
  });

  it("list private names as declarations", async () => {
    const graph = await load({ "/app/main.harn": "pub fn a() { }\nlet {x, y: [z]} = d".replace("[z]", "z") });
    expect([...main(graph).declarations].map(([name, { kind }]) => `${name}:${kind}`)).toEqual([
      "a:fn",
      "x:let",
      "z:let",
    ]);
  });
});

describe("what imports bring", () => {
  const lib = "pub fn a() { }\nfn hidden() { }\npub struct S { }\nlet c = 1";

  it("everything exported, for a wildcard", async () => {
    const graph = await load({ "/app/main.harn": 'import "lib"', "/app/lib.harn": lib });
    expect(importedBy(main(graph))).toEqual(["a:fn@/app/lib.harn", "S:struct@/app/lib.harn"]);
    expect(main(graph).importsResolved).toBe(true);
  });

  it("what is listed, private names too", async () => {
    const graph = await load({ "/app/main.harn": 'import { hidden, c } from "lib"', "/app/lib.harn": lib });
    expect(importedBy(main(graph))).toEqual(["hidden:fn@/app/lib.harn", "c:let@/app/lib.harn"]);
  });

  it("an error for a name that is not there", async () => {
    const graph = await load({ "/app/main.harn": 'import { a, hiden } from "lib"', "/app/lib.harn": lib });
    expect(main(graph).diagnostics).toMatchObject([
      {
        code: "HARN-N104",
        message: "Import error: 'hiden' is not defined in /app/lib.harn",
        span: { start: 12, end: 17 },
        hint: "Did you mean `hidden`?",
      },
    ]);
    expect(importedBy(main(graph))).toEqual(["a:fn@/app/lib.harn"]);
  });

  it("re-exports, through a chain, with their origin", async () => {
    const graph = await load({
      "/app/main.harn": 'import "outer"',
      "/app/outer.harn": 'pub import "middle"',
      "/app/middle.harn": 'pub import { a } from "inner"\npub fn m() { }',
      "/app/inner.harn": lib,
    });
    expect(importedBy(main(graph))).toEqual(["m:fn@/app/middle.harn", "a:fn@/app/inner.harn"]);
    expect(messages(graph)).toEqual([]);
  });

  it("re-exports that go in a circle", async () => {
    const graph = await load({
      "/app/main.harn": 'import "a"',
      "/app/a.harn": 'pub import "b"\npub fn fa() { }',
      "/app/b.harn": 'pub import "a"\npub fn fb() { }',
    });
    expect([...main(graph).imported.keys()].sort()).toEqual(["fa", "fb"]);
  });
});

describe("collisions", () => {
  it("of two imports that bring different functions of one name", async () => {
    const graph = await load({
      "/app/main.harn": 'import "a"\nimport { f } from "b"',
      "/app/a.harn": "fn f() { }",
      "/app/b.harn": "fn f() { }",
    });
    expect(main(graph).diagnostics).toMatchObject([
      {
        code: "HARN-N105",
        message: "Import collision: 'f' is already defined when importing /app/b.harn",
        span: { start: 20, end: 21 },
        labels: [{ span: { start: 7, end: 10 } }],
        hint: 'Use selective imports to disambiguate: import { f } from "..."',
      },
    ]);
  });

  it("not of one function that comes in two ways", async () => {
    const graph = await load({
      "/app/main.harn": 'import "a"\nimport "facade"\nimport { f } from "a"',
      "/app/a.harn": "fn f() { }",
      "/app/facade.harn": 'pub import "a"',
    });
    expect(messages(graph)).toEqual([]);
  });

  it("of two re-exports, told once, in the module that re-exports", async () => {
    const graph = await load({
      "/app/main.harn": 'import "facade"',
      "/app/facade.harn": 'pub import { f } from "a"\npub import { f } from "b"',
      "/app/a.harn": "pub fn f() { }",
      "/app/b.harn": "pub fn f() { }",
    });
    expect(messages(graph)).toEqual(["Import collision: 'f' is already defined when importing /app/b.harn"]);
    expect(graph.modules.get("/app/facade.harn")!.diagnostics).toHaveLength(1);
  });

  it("of a re-export and a declaration of its own", async () => {
    const graph = await load({
      "/app/main.harn": 'pub import "lib"\npub fn f() { }',
      "/app/lib.harn": "pub fn f() { }",
    });
    expect(main(graph).diagnostics).toMatchObject([
      { code: "HARN-N106", message: "Re-export collision: 'f' is defined here and also re-exported from 'lib'" },
    ]);
  });

  it("not of an import and a declaration that shadows it", async () => {
    const graph = await load({ "/app/main.harn": 'import "lib"\nfn f() { }', "/app/lib.harn": "pub fn f() { }" });
    expect(messages(graph)).toEqual([]);
  });
});

describe("order and cycles", () => {
  it("puts what is imported first and the entry last, each once", async () => {
    const graph = await load({
      "/app/main.harn": 'import "a"\nimport "b"\nimport "std/text"',
      "/app/a.harn": 'import "c"',
      "/app/b.harn": 'import "c"\nimport "a"',
      "/app/c.harn": "",
    });
    expect(graph.order).toEqual(["/app/c.harn", "/app/a.harn", "/app/b.harn", "<std>/text", "/app/main.harn"]);
    expect(graph.cycles).toEqual([]);
  });

  it("warns of a cycle at the import that closes it", async () => {
    const graph = await load({
      "/app/main.harn": 'import "a"',
      "/app/a.harn": 'import "b"',
      "/app/b.harn": 'import "a"\nimport "b"',
    });
    expect(graph.cycles).toEqual([["/app/a.harn", "/app/b.harn"], ["/app/b.harn"]]);
    expect(graph.order).toEqual(["/app/b.harn", "/app/a.harn", "/app/main.harn"]);
    expect(graph.modules.get("/app/b.harn")!.diagnostics).toMatchObject([
      { severity: "warning", code: "HARN-N107", message: "Import cycle: /app/a.harn -> /app/b.harn -> /app/a.harn" },
      { severity: "warning", message: "Import cycle: /app/b.harn -> /app/b.harn" },
    ]);
  });

  it("reads each file once, always in the same order", async () => {
    const files = {
      "/app/main.harn": 'import "b"\nimport "a"',
      "/app/a.harn": 'import "c"',
      "/app/b.harn": 'import "c"',
      "/app/c.harn": "",
    };
    const reader = diskReader({ files });
    await loadModuleGraph({ entry: "/app/main.harn", reader });
    expect(reader.reads).toEqual(["/app/main.harn", "/app/b.harn", "/app/a.harn", "/app/c.harn"]);
  });

  it("walks a chain of thousands of modules without recursion", { timeout: 60_000 }, async () => {
    const reader: ModuleReader = {
      read: async (path) => {
        const number = Number(/\d+/.exec(path)![0]);
        return { kind: "text", text: number < 5000 ? `import "m${number + 1}"` : "" };
      },
      kindOf: async (path) => (path.endsWith(".harn") ? "file" : "missing"),
    };
    const graph = await loadModuleGraph({ entry: "/m0.harn", reader });
    expect(graph.order).toHaveLength(5001);
    expect(graph.order[0]).toBe("/m5000.harn");
  });
});

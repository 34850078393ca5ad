import { describe, expect, it } from "vitest";
import { BUILTINS } from "../../../test/lang/checked-source.ts";
import { loadModuleGraph } from "../modules/graph.ts";
import type { ModuleReader } from "../modules/module-reader.ts";
import { checkModule } from "./check-module.ts";
import { moduleImports } from "./module-imports.ts";

function readerOf(files: Readonly<Record<string, string>>): ModuleReader {
  return {
    read: async (path) => {
      const text = files[path];
      return text === undefined ? { kind: "missing" } : { kind: "text", text };
    },
    kindOf: async (path) => (path in files ? "file" : "missing"),
  };
}

async function checkEntry(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const graph = await loadModuleGraph({ entry: "/main.harn", reader: readerOf(files) });
  const entry = graph.modules.get(graph.entry);
  if (entry === undefined) throw new Error("no entry");
  const imports = moduleImports(graph, entry);
  const { diagnostics } = checkModule({ file: entry.file, module: entry.module, imports, builtins: BUILTINS });
  return diagnostics.map((diagnostic) => diagnostic.message);
}

describe("imports from the module graph", () => {
  const shapes = `pub struct Point { x: int }
impl Point { fn name(self) -> string { return "p" } }
pub enum Color { Red, Green }
type Id = string
interface Named { fn name(self) -> string }
pub fn make() { return Point {x: 1} }
fn hidden() {}
`;

  it("brings names, types and the methods of types", async () => {
    const main = `import { Point, Color, Id, Named, make } from "shapes"
make()
let p: Point = Point {x: 1}
let n: int = p.name()
fn f(c: Color, i: Id) { match c { Color.Red -> { 1 } } }
fn g<T>(x: T) where T: Named {}
g(p)
hidden()`;
    expect(await checkEntry({ "/main.harn": main, "/shapes.harn": shapes })).toEqual([
      "'n' declared as int, but assigned string",
      'Non-exhaustive match on enum Color: missing variants "Green"',
      "call target `hidden` is not defined or imported",
    ]);
  });

  it("follows re-exports to the declaration", async () => {
    const files = {
      "/main.harn": 'import "facade"\nlet p = Point {x: "a"}',
      "/facade.harn": 'pub import { Point } from "shapes"',
      "/shapes.harn": shapes,
    };
    expect(await checkEntry(files)).toEqual(["Field 'x' in struct 'Point' expects int, got string"]);
  });

  it("an import that leads nowhere leaves unknown names alone", async () => {
    const main = 'import "nowhere"\nanything()\nlet p = Point {x: 1}\nlet n: int = "a"';
    expect(await checkEntry({ "/main.harn": main })).toEqual(["'n' declared as int, but assigned string"]);
  });
});

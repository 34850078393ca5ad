/** Code that no compiler wrote: what the verifier lets pass fails in words of the language. */

import { describe, expect, test } from "vitest";
import {
  Assembler,
  decodeModule,
  encodeModule,
  FORMAT_VERSION,
  type ModuleCode,
  verifyModule,
} from "../../src/bytecode/index.ts";
import { startProgram } from "../../src/runtime/index.ts";
import { createVirtualHost } from "../../src/testing/index.ts";

function moduleOf(build: (asm: Assembler) => void): ModuleCode {
  const asm = new Assembler();
  build(asm);
  asm.emit("ReturnNil");
  const main = asm.finish({
    name: "main",
    paramNames: [],
    requiredCount: 0,
    hasRest: false,
    kind: "plain",
    registerCount: 4,
    captures: [],
  });
  const none = { slotNames: [], imports: [], dependencies: [], exports: [], hoisted: [] };
  return { version: FORMAT_VERSION, id: "m", file: "m.harn", ...none, main };
}

async function failureOf(module: ModuleCode): Promise<string> {
  const host = createVirtualHost();
  const outcome = await host.drive(startProgram({ entry: "m", modules: [module] }, { host }).outcome);
  return outcome.status === "failed" ? outcome.failure.display() : outcome.status;
}

test("deadlines that are opened and never closed cost no more the more there are (found by fuzzing)", async () => {
  const module = moduleOf((asm) => {
    const again = asm.label();
    const end = asm.label();
    asm.emit("LoadInt", 0, 200_000);
    asm.emit("LoadConst", 1, asm.constant({ kind: "duration", ms: 3_600_000n }));
    asm.place(again);
    asm.emit("DeadlineEnter", 1);
    asm.emit("AddInt", 0, 0, -1);
    asm.emit("JumpIfNotGtInt", 0, 0, end);
    asm.emit("Loop", again);
    asm.place(end);
  });
  expect(verifyModule(module)).toEqual([]);
  expect(await failureOf(module)).toBe("ok");
});

describe("an instruction whose register holds something else", () => {
  const cases: readonly [name: string, build: (asm: Assembler) => void, what: string, register: number][] = [
    ["LoadCell", (asm) => asm.emit("LoadCell", 0, 1, asm.string("x")), "a cell", 1],
    ["StoreCell", (asm) => asm.emit("StoreCell", 1, 0), "a cell", 1],
    ["ListPush", (asm) => asm.emit("ListPush", 2, 0), "a list", 2],
    ["ListSpread", (asm) => asm.emit("ListSpread", 2, 0), "a list", 2],
    ["DictSet", (asm) => asm.emit("DictSet", 2, 0, 0), "a dict", 2],
    ["EnumField", (asm) => asm.emit("EnumField", 0, 3, 0), "an enum value", 3],
    ["Rethrow", (asm) => asm.emit("Rethrow", 1), "a caught error", 1],
    ["CatchValue", (asm) => asm.emit("CatchValue", 0, 1), "a caught error", 1],
    ["DefineMethod", (asm) => asm.emit("DefineMethod", asm.string("P"), asm.string("m"), 1), "a closure", 1],
    ["WrapErr", (asm) => asm.emit("WrapErr", 0, 1), "a caught error", 1],
  ];
  test.each(cases)("%s", async (name, build, what, register) => {
    const module = moduleOf(build);
    expect(verifyModule(module)).toEqual([]);
    expect(await failureOf(module)).toBe(
      `Runtime error: Unsound bytecode: ${name} expected ${what} in register ${register}, found nil`,
    );
  });

  test("ForNext, and Rethrow of what has no error in it", async () => {
    const each = moduleOf((asm) => {
      asm.emit("LoadInt", 1, 7);
      const end = asm.label();
      asm.emit("ForNext", 1, 0, end);
      asm.emit("ExitIfDone", 0, end);
      asm.place(end);
    });
    expect(await failureOf(each)).toBe(
      "Runtime error: Unsound bytecode: ForNext expected an iteration in register 1, found int",
    );
    const again = moduleOf((asm) => {
      asm.emit("LoadConst", 1, asm.string("no error"));
      asm.emit("Rethrow", 1);
    });
    expect(await failureOf(again)).toBe(
      "Runtime error: Unsound bytecode: Rethrow expected a caught error in register 1, found string",
    );
  });
});

test.each([
  [{ kind: "named", name: { kind: "any" } }, 'Expected a string, found {"kind":"any"}'],
  [{ kind: "list", items: "int" }, 'Expected an object, found "int"'],
  [{ kind: "union", members: {} }, "Expected a list, found {}"],
  [{ kind: "literals", values: [{ $int: 4 }] }, "Expected an integer in quotes, found 4"],
  [{ kind: "odd" }, 'Expected a type, found "odd"'],
])("a type that is none is refused: %j", (type, message) => {
  const json = encodeModule(moduleOf((asm) => asm.emit("LoadConst", 0, asm.string("x")))) as {
    main: { constants: unknown[] };
  };
  json.main.constants[0] = { kind: "type", type };
  expect(() => decodeModule(json as never)).toThrow(message);
});

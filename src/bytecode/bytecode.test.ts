import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Assembler,
  type Constant,
  decodeModule,
  disassemble,
  encodeModule,
  FORMAT_VERSION,
  type FunctionProto,
  type ModuleCode,
  opcodes,
  placeAt,
  verifyModule,
} from "./index.ts";

function functionOf(build: (asm: Assembler) => void, registerCount = 4): FunctionProto {
  const asm = new Assembler();
  build(asm);
  return asm.finish({
    name: "f",
    paramNames: ["a"],
    requiredCount: 1,
    hasRest: false,
    kind: "plain",
    registerCount,
    captures: [],
  });
}

function moduleOf(main: FunctionProto): ModuleCode {
  return {
    version: FORMAT_VERSION,
    id: "m",
    file: "m.harn",
    slotNames: ["s"],
    imports: [],
    dependencies: [],
    exports: [],
    hoisted: [],
    main,
  };
}

const sample = functionOf((asm) => {
  asm.source(1, 5);
  const end = asm.label();
  asm.emit("JumpIfNotLtInt", 0, 2, end);
  asm.source(2, 1);
  asm.emit("AddInt", 1, 0, -1);
  asm.emit("Return", 1);
  asm.place(end);
  asm.source(3, 1);
  asm.emit("LoadConst", 1, asm.string("big"));
  asm.emit("Return", 1);
});

test("opcode numbers are positions and every operand kind is known", () => {
  expect(opcodes.map((info) => info.code)).toEqual(opcodes.map((_, index) => index));
  const kinds = new Set(opcodes.flatMap((info) => info.operands));
  expect([...kinds].sort()).toEqual([..."abefgiklnoprstwxy"]);
});

test("an argument block's first register is followed by its length", () => {
  for (const info of opcodes) {
    info.operands.forEach((kind, index) => {
      if (kind === "a") expect(info.operands[index + 1], info.name).toBe("n");
    });
  }
});

test("disassembly shows lines, targets and constants", () => {
  expect(disassemble(sample)).toMatchInlineSnapshot(`
    "fn f(a) 4 registers
       1    0  JumpIfNotLtInt  r0 2 →10
       2    4  AddInt          r1 r0 -1
            8  Return          r1
       3   10  LoadConst       r1 "big"
           13  Return          r1"
  `);
});

test("a word belongs to the last line that began at or before it", () => {
  expect([0, 3, 4, 9, 10, 14].map((at) => placeAt(sample, at).line)).toEqual([1, 1, 2, 2, 3, 3]);
  expect([3, 4].map((at) => placeAt(sample, at).column)).toEqual([5, 1]);
});

test("equal constants are stored once, 4 and 4.0 and -0.0 are not equal", () => {
  const asm = new Assembler();
  const four = asm.constant({ kind: "int", value: 4n });
  expect(asm.constant({ kind: "int", value: 4n })).toBe(four);
  expect(asm.constant({ kind: "float", value: 4 })).not.toBe(four);
  expect(asm.constant({ kind: "float", value: 0 })).not.toBe(asm.constant({ kind: "float", value: -0 }));
});

describe("the verifier", () => {
  const cases: readonly [name: string, build: (asm: Assembler) => void, message: string][] = [
    ["a register outside the frame", (asm) => asm.emit("Move", 4, 0), "Move: register 4 of 4"],
    ["an argument block outside the frame", (asm) => asm.emit("List", 0, 3, 2), "List: registers 3..5 of 4"],
    ["a constant that is not there", (asm) => asm.emit("LoadConst", 0, 0), "LoadConst: index 0 of 0"],
    ["a slot that is not there", (asm) => asm.emit("StoreGlobal", 1, 0), "StoreGlobal: index 1 of 1"],
    ["a jump into an instruction", (asm) => asm.emit("Jump", 1), "Jumps to 1, which is no instruction"],
    [
      "a name that is no string",
      (asm) => asm.emit("GetProp", 1, 0, asm.constant({ kind: "nil" })),
      "GetProp: expected a string, found a constant of kind nil",
    ],
    [
      "keys that are no strings",
      (asm) => asm.emit("Dict", 1, asm.constant({ kind: "list", items: [{ kind: "bool", value: true }] }), 0, 1),
      "Dict: expected a list of strings, found a constant of kind list",
    ],
    [
      "a layout that is none",
      (asm) => asm.emit("Struct", 1, asm.string("P"), 0),
      "Struct: expected the layout of a struct, found a constant of kind string",
    ],
    [
      "a type that is none",
      (asm) => asm.emit("CheckParam", 0, asm.string("a"), asm.string("int")),
      "CheckParam: expected a type, found a constant of kind string",
    ],
    [
      "an error of no known kind",
      (asm) => asm.emit("Raise", asm.string("flood"), asm.string("wet")),
      "Raise: expected the kind of an error, found a constant of kind string",
    ],
    ["a constant that is not there", (asm) => asm.emit("LoadConst", 1, 3), "LoadConst: index 3 of 0"],
    ["a way round that nothing can stop", (asm) => asm.emit("JumpIf", 0, 0), "Jumps back to 0 without a safepoint"],
  ];
  test.each(cases)("finds %s", (_name, build, message) => {
    const problems = verifyModule(
      moduleOf(
        functionOf((asm) => {
          build(asm);
          asm.emit("ReturnNil");
        }),
      ),
    );
    expect(problems.map((problem) => problem.message)).toEqual([message]);
  });

  test("finds control that runs off the end, and code that is cut", () => {
    expect(verifyModule(moduleOf(functionOf((asm) => asm.emit("LoadNil", 0))))[0]?.message).toBe(
      "Control runs off the end",
    );
    const cut = { ...sample, code: sample.code.slice(0, 2) };
    expect(verifyModule(moduleOf(cut))[0]?.message).toBe("JumpIfNotLtInt is cut off");
  });

  test("refuses a frame that is larger than its code could use", () => {
    const huge = { ...sample, registerCount: 2 ** 30 };
    expect(verifyModule(moduleOf(huge))[0]?.message).toMatch(/^Has 1073741824 registers, its code can use \d+$/);
  });

  test("refuses a handler that would handle itself, or close scopes that are not there", () => {
    const handler = { start: 0, end: 4, target: 4, register: 1, kind: "catch", scopeDepth: 0 } as const;
    const withHandler = (changes: object): readonly string[] =>
      verifyModule(moduleOf({ ...sample, handlers: [{ ...handler, ...changes }] })).map(({ message }) => message);
    expect(withHandler({})).toEqual([]);
    expect(withHandler({ target: 0 })).toEqual(["Handler at 0 lies in what it handles"]);
    expect(withHandler({ scopeDepth: -1 })).toEqual(["Handler with negative scope depth -1"]);
  });

  test("refuses a method call that has no register for its receiver (found by fuzzing)", () => {
    const calling = (first: number): readonly string[] =>
      verifyModule(moduleOf(functionOf((asm) => asm.emit("CallMethod", 0, 1, asm.string("len"), first, 0)))).map(
        ({ message }) => message,
      );
    expect(calling(1).filter((message) => message.includes("CallMethod"))).toEqual([]);
    expect(calling(0)).toContain("CallMethod: registers 0..0 of 4");
  });

  test("refuses a table of places that is cut or does not ascend", () => {
    const withPlaces = (...places: number[]): readonly string[] =>
      verifyModule(moduleOf({ ...sample, places: Int32Array.from(places) })).map(({ message }) => message);
    expect(withPlaces(0, 1, 1, 4, 1, 9)).toEqual([]);
    expect(withPlaces(0, 1, 1, 4)).toEqual(["Table of places with 4 words: expected triples of word, line and column"]);
    expect(withPlaces(0, 1, 1, 0, 1, 9)).toEqual(["Table of places goes from word 0 to 0: expected ascending words"]);
  });

  test("says something, and ends, whatever the words and the places are", () => {
    const words = fc.array(fc.integer({ min: -3, max: 120 }), { maxLength: 40 });
    fc.assert(
      fc.property(words, words, (code, places) => {
        const proto = { ...sample, code: Int32Array.from(code), places: Int32Array.from(places) };
        expect(Array.isArray(verifyModule(moduleOf(proto)))).toBe(true);
        expect(typeof disassemble(proto)).toBe("string");
        expect(Object.values(placeAt(proto, 7)).every(Number.isInteger)).toBe(true);
      }),
    );
  });
});

describe("JSON form", () => {
  const constants: Constant[] = [
    { kind: "int", value: -(2n ** 63n) },
    { kind: "float", value: -0 },
    { kind: "float", value: Number.POSITIVE_INFINITY },
    { kind: "duration", ms: 1500n },
    { kind: "dict", entries: [["a", { kind: "list", items: [{ kind: "bool", value: true }, { kind: "nil" }] }]] },
    { kind: "type", type: { kind: "literals", values: ["x", 3n] } },
  ];
  const module = moduleOf({ ...sample, constants });

  test("round-trips through text", () => {
    const text = JSON.stringify(encodeModule(module));
    expect(decodeModule(JSON.parse(text))).toEqual(module);
  });

  test("refuses another version and malformed data with a code", () => {
    expect(() => decodeModule({ ...(encodeModule(module) as object), version: 99 })).toThrowError(
      `Expected bytecode version ${FORMAT_VERSION}, found 99`,
    );
    expect(() => decodeModule("x")).toThrowError(/Expected a module, found "x"/);
    expect(() => decodeModule({ version: FORMAT_VERSION })).toThrowError(/Expected a string/);
  });
});

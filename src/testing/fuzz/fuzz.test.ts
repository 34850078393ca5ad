import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../base/index.ts";
import { encodeModule } from "../../bytecode/index.ts";
import { loadSource } from "../../runtime/index.ts";
import { standardBuiltins } from "../../stdlib/index.ts";
import { callableOf, callProgram } from "./call-program.ts";
import { complaint, platformText, soundnessComplaint, withoutDetails } from "./complaints.ts";
import { fuzzInput, runFuzzCases } from "./fuzz-cases.ts";
import { createFuzzTargets, type FuzzTarget, fuzzTargetNames } from "./fuzz-targets.ts";
import { minimize } from "./minimize.ts";
import { mutateJson, mutateText, noiseText } from "./mutations.ts";
import { createRandomSource } from "./random-source.ts";
import { runCase } from "./run-case.ts";

const targets = createFuzzTargets();

describe("targets", () => {
  it.each(fuzzTargetNames)("%s: the first cases show no fault", { timeout: 60_000 }, async (name) => {
    const { ran, findings } = await runFuzzCases(targets[name], { seed: 1, count: name === "loader" ? 40 : 80 });
    expect(findings).toEqual([]);
    expect(ran).toBe(name === "loader" ? 40 : 80);
  });

  it.each(fuzzTargetNames)("%s: a seed always makes the same input", (name) => {
    for (const seed of [1, 2, 3]) expect(fuzzInput(targets[name], seed)).toEqual(fuzzInput(targets[name], seed));
    expect(fuzzInput(targets[name], 1)).not.toEqual(fuzzInput(targets[name], 2));
  });

  it.each([
    ["parser", "grammar", "let = 1\n", "A valid program (grammar) is refused"],
    ["checker", "runnable", 'let x: int = "a"\n', "A sound program gets a type error"],
    ["vm", "runnable", 'throw "no"\n', "A sound program ends as failed"],
  ] as const)("%s judges what a sound program must be", async (name, kind, text, signature) => {
    expect((await targets[name].judge({ kind, text }))?.signature).toContain(signature);
    expect(await targets[name].judge({ kind: "damaged", text })).toBeUndefined();
  });
});

describe("cases", () => {
  const target = (judge: FuzzTarget["judge"]): FuzzTarget => ({
    name: "vm",
    summary: "",
    extension: "harn",
    make: (random) => ({ kind: "damaged", text: `line ${random.int(0, 9)}\nbad\nline\n` }),
    judge,
  });

  it("tell a fault once, with the smallest input that shows it", async () => {
    const faulty = target(async ({ text }) => (text.includes("bad") ? complaint("Bad", text) : undefined));
    const { ran, findings, repeated } = await runFuzzCases(faulty, { seed: 7, count: 5 });
    expect({ ran, repeated }).toEqual({ ran: 5, repeated: 4 });
    expect(findings).toEqual([
      { target: "vm", seed: 7, kind: "damaged", input: "bad", signature: "Bad", detail: "Bad\nbad" },
    ]);
  });

  it("leave out what is known, and keep the whole of what must be sound", async () => {
    const known = target(async () => complaint("Known", ""));
    expect(await runFuzzCases(known, { seed: 1, count: 2, known: new Set(["Known"]) })).toEqual({
      ran: 2,
      findings: [],
      repeated: 2,
    });
    const sound = target(async () => soundnessComplaint("Refused", "at 3:4"));
    const [found] = (await runFuzzCases(sound, { seed: 1, count: 1 })).findings;
    expect(found).toMatchObject({ signature: "Refused: at #:#", input: fuzzInput(sound, 1).text });
  });

  it("stop when they are asked to", async () => {
    let left = 3;
    const { ran } = await runFuzzCases(
      target(async () => undefined),
      { seed: 1, count: 100, goOn: () => left-- > 0 },
    );
    expect(ran).toBe(3);
  });
});

describe("what the platform says", () => {
  const spoken = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      return String(error);
    }
    throw new Error("No error");
  };
  const nothing: unknown = undefined;
  type Any = { a: { b: unknown }; f: () => void };

  it.each([
    ["a property of undefined", () => (nothing as Any).a.b],
    ["a call of what is no function", () => (1 as unknown as Any).f()],
    ["`in` on a number", () => "a" in (1 as unknown as object)],
    ["iterating over undefined", () => [...(nothing as number[])]],
    ["iterating over an object", () => [...({} as number[])]],
    ["text that is no JSON", () => JSON.parse("{x")],
    ["text that ends too early", () => JSON.parse("[1")],
    ["a list that is too long", () => new Array(-1)],
    ["a string that is too long", () => "x".repeat(2 ** 30)],
    ["ints and numbers", () => (1n as unknown as number) + 1],
    ["a symbol as text", () => `${Symbol("a") as unknown as string}`],
    ["a date that is none", () => new Date(Number.NaN).toISOString()],
    ["a code point that is none", () => String.fromCodePoint(-1)],
    ["a pattern that is none", () => new RegExp(["("].join(""))],
    [
      "the end of the stack",
      () => {
        const f = (): number => 1 + f();
        return f();
      },
    ],
    ["a reduction of nothing", () => [].reduce((a) => a)],
    [
      "a name before its time",
      () => {
        const f = () => late;
        f();
        const late = 1;
      },
    ],
    [
      "a frozen object",
      () => {
        (Object.freeze({ a: 1 }) as { a: number }).a = 2;
      },
    ],
    ["text that is no URI", () => decodeURIComponent("%")],
  ])("is told from what the language says: %s", async (_name, make) => {
    const words = spoken(make);
    expect(platformText(words.replace(/^\w+: /, "")) ?? platformText(words)).toBeDefined();
    // Planted: the program reads it, or fails with it.
    const program = (head: string) => ({
      kind: "damaged" as const,
      text: `${head}(${JSON.stringify(words).replaceAll("$", "\\$")})\n`,
    });
    expect(await targets.vm.judge(program("println"))).toBeDefined();
    expect(await targets.vm.judge(program("throw "))).toBeDefined();
  });

  it.each([
    "Type error: iter: value of type bool is not iterable",
    "Runtime error: Value is too large: a list holds at most 67108864 items",
    "TypeError: parameter 'x' expected bool, got int (1)",
    "Undefined variable: object",
    "transcript_import: the text is no JSON",
    "Cannot add int and string",
  ])("is not what the language says: %s", (message) => {
    expect(platformText(message)).toBeUndefined();
  });
});

describe("running a case", () => {
  const run = (source: string) => {
    const { program } = loadSource("a.harn", source);
    if (program === undefined) throw new Error("The program does not compile");
    return runCase(program.modules, program.entry);
  };

  it.each([
    ["ends well", 'println("a")\n', "ok"],
    ["fails", 'throw "no"\n', "failed"],
    ["goes on for ever", "while true { }\n", "stopped"],
    ["sleeps for ever", "while true { sleep(1ms) }\n", "stopped"],
    ["prints for ever", 'while true { println("0123456789012345678901234567890123456789") }\n', "stopped"],
    ["prints too much before its first turn is over", 'println("x".repeat(300000))\nwhile true { }\n', "stopped"],
    ["exchanges values for ever", "fn ones() { while true { yield 1 } }\nfor one in ones() { }\n", "stopped"],
    ["waits for what never comes", "receive(channel(1))\n", "stopped"],
    ["is stopped in the very moment it begins to wait", 'while true { deadline 1h { file_exists("a") } }\n', "stopped"],
    [
      "ends before a child is started again",
      "supervisor_start({children: [{task: { _ -> missing }}]})\nsleep(1)\n",
      "ok",
    ],
    ["cleans up for ever", "try { while true { } } finally { while true { } }\n", "endless"],
  ])("that %s", async (_name, source, status) => {
    const ending = await run(source);
    expect(ending.status).toBe(status);
    if (status !== "endless") expect([ending.liveTasks, ending.pendingTimers]).toEqual([0, 0]);
  });
});

describe("damage", () => {
  it("follows from the seed alone", () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), fc.string(), (seed, text, other) => {
        const again = () => mutateText(createRandomSource(seed), text, other);
        expect(again()).toBe(again());
        expect(noiseText(createRandomSource(seed))).toBe(noiseText(createRandomSource(seed)));
      }),
    );
  });

  it("to JSON gives JSON, and leaves the document alone", () => {
    const { program } = loadSource("a.harn", "fn f(x) { return x + 1 }\nprintln(f(1))\n");
    const document = JSON.parse(JSON.stringify(encodeModule(program!.modules[0]!))) as Json;
    const before = JSON.stringify(document);
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const damaged = mutateJson(createRandomSource(seed), document);
        expect(JSON.parse(JSON.stringify(damaged))).toEqual(damaged);
        expect(JSON.stringify(document)).toBe(before);
      }),
    );
  });

  it("calls know what a signature asks for", () => {
    expect(callableOf("add<T>(items: list<T>, by?: dict<string, int> | nil, ...more: fn(T) -> T) -> list<T>")).toEqual({
      name: "add",
      params: ["list<T>", "dict<string, int> | nil", "fn(T) -> T"],
    });
    expect(callableOf("now() -> int")).toEqual({ name: "now", params: [] });
    for (const { signature, native } of standardBuiltins) expect(callableOf(signature).name).toBe(native.name);
  });

  it("calls name what there is", () => {
    const text = callProgram(
      createRandomSource(1),
      { builtins: [{ name: "only", params: ["dict", "int | nil"] }], keys: ["key"], methods: { list: ["lonely"] } },
      20,
    );
    expect(text.match(/\b(?:only|lonely)\(/g)).toHaveLength(20);
  });
});

describe("minimize", () => {
  it("finds the few characters that matter", async () => {
    const input = `${"filler line\n".repeat(40)}let needle = (x)\n${"more\n".repeat(40)}`;
    expect(await minimize(input, { fails: (text) => text.includes("needle") && text.includes(")") })).toBe("needle)");
  });

  it("gives up after so many tries, never with a longer input", async () => {
    let tries = 0;
    const input = "a b c d e f g h\n".repeat(30);
    const fails = (text: string): boolean => {
      tries++;
      return text.length % 2 === 0;
    };
    const small = await minimize(input, { fails, maxTries: 10 });
    expect(tries).toBeLessThanOrEqual(10);
    expect(small.length).toBeLessThanOrEqual(input.length);
  });

  it("leaves an input alone that cannot be smaller", async () => {
    expect(await minimize("x = 1\n", { fails: () => false })).toBe("x = 1\n");
  });
});

it("messages lose what differs from input to input", () => {
  expect(withoutDetails("Expected `a`, got 'b' at 3:14\nmore")).toBe("Expected …, got … at #:#");
});

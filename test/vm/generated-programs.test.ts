import { describe, expect, test } from "vitest";
import { decodeModule, encodeModule, verifyModule } from "../../src/bytecode/index.ts";
import { compileModule, createSourceFile, formatSource, parse } from "../../src/lang/index.ts";
import { loadSource, startProgram } from "../../src/runtime/index.ts";
import { generateProgram } from "../../src/testing/fuzz/program-generator.ts";
import { createVirtualHost } from "../../src/testing/index.ts";

const seeds = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed);

test("every generated program compiles to code that the verifier accepts and JSON keeps", () => {
  for (const seed of seeds(250)) {
    const file = createSourceFile("g.harn", generateProgram({ seed }));
    const { module } = parse(file);
    for (const isEntry of [true, false]) {
      const { code } = compileModule({ file, module, id: "g", isEntry, imports: [], dependencies: [] });
      expect(verifyModule(code), `seed ${seed}`).toEqual([]);
      expect(decodeModule(JSON.parse(JSON.stringify(encodeModule(code)))), `seed ${seed}`).toEqual(code);
    }
  }
});

interface Ending {
  readonly output: string;
  readonly status: string;
  readonly message: string;
  readonly leftOver: readonly [tasks: number, timers: number];
}

async function run(source: string): Promise<Ending> {
  let output = "";
  const loaded = loadSource("g.harn", source);
  if (!loaded.program) return { output, status: "rejected", message: "", leftOver: [0, 0] };
  const { vm, outcome } = startProgram(loaded.program, {
    host: createVirtualHost(),
    output: {
      write: (text) => {
        output += text;
      },
    },
  });
  const ended = await outcome;
  return {
    output,
    status: ended.status,
    message: ended.status === "failed" ? ended.failure.display() : "",
    leftOver: [vm.liveTasks, vm.timers.pending],
  };
}

describe("generated programs that run", () => {
  test("end without an internal error and leave no task or timer behind", async () => {
    for (const seed of seeds(120)) {
      const ended = await run(generateProgram({ seed, kind: "runnable" }));
      expect(ended.status, `seed ${seed}`).not.toBe("rejected");
      expect(ended.message, `seed ${seed}`).not.toMatch(/internal error|is not a function|reading '/i);
      expect(ended.leftOver, `seed ${seed}`).toEqual([0, 0]);
    }
  });

  test("print the same after formatting", async () => {
    for (const seed of seeds(60)) {
      const source = generateProgram({ seed, kind: "runnable" });
      const formatted = formatSource(source);
      if (!("text" in formatted)) throw new Error(`seed ${seed} does not format`);
      expect((await run(formatted.text)).output, `seed ${seed}`).toBe((await run(source)).output);
    }
  });
});

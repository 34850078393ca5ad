import { describe, expect, it } from "vitest";
import { compressionHandlers as compression } from "../src/cli/node-host/compression.ts";
import { cryptoHandlers as crypto } from "../src/cli/node-host/signatures.ts";
import { standardBuiltins } from "../src/stdlib/index.ts";
import { runHarn } from "./support/run-harn.ts";

/** Signature up to its parameters. */
const nameOf = (signature: string): string => signature.slice(0, signature.search(/[(<]/));

describe("what is said about builtins", () => {
  it("names each once, as the VM knows it", () => {
    const names = standardBuiltins.map(({ native }) => native.name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(standardBuiltins.filter(({ signature, native }) => nameOf(signature) !== native.name)).toEqual([]);
  });

  it("starts each summary like a sentence and ends it like a line", () => {
    const odd = standardBuiltins.filter(({ summary }) => !/^[^a-z\s].*[^.\s]$/.test(summary) || summary.includes("\n"));
    expect(odd.map(({ native, summary }) => `${native.name}: ${summary}`)).toEqual([]);
  });

  it("has an example for each", () => {
    expect(standardBuiltins.filter(({ example }) => example === undefined).map(({ native }) => native.name)).toEqual(
      [],
    );
  });
});

describe("the example of a builtin runs and leaves no task behind", () => {
  it.each(
    standardBuiltins.flatMap(({ native, example }) => (example === undefined ? [] : [[native.name, example] as const])),
  )("%s", async (_name, example) => {
    const { error, liveTasks } = await runHarn(example, { crypto, compression, process: () => ({ exitCode: 0 }) });
    expect(error).toBeUndefined();
    expect(liveTasks).toBe(0);
  });
});

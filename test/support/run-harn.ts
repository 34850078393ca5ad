/** Runs a Harn program in a virtual world, from text to output. */

import { failureMessage, loadProgram, loadSource, type Program, startProgram } from "../../src/runtime/index.ts";
import { createVirtualHost, type VirtualHost, type VirtualHostOptions } from "../../src/testing/index.ts";
import type { Vm } from "../../src/vm/index.ts";

/** A program of one file, to be started in some way of the test's own; fails with what is wrong with it. */
export function soundProgram(source: string): Program {
  const { program, diagnostics } = loadSource("a.harn", source);
  if (program === undefined) throw new Error(diagnostics.map(({ diagnostic }) => diagnostic.message).join("\n"));
  return program;
}

export interface HarnRun {
  /** What the program printed. */
  readonly output: string;
  readonly stderr: string;
  /** Why it could not start or did not end well. */
  readonly error?: string;
  readonly host: VirtualHost;
  /** Tasks left over; 0 unless something leaks. */
  readonly liveTasks: number;
  /** Absent when the program could not start. */
  readonly vm?: Vm;
}

/** @param state what builtins find of ours */
export async function runHarn(
  source: string,
  options: VirtualHostOptions = {},
  state?: Map<string, unknown>,
): Promise<HarnRun> {
  const host = createVirtualHost(options);
  const loaded = await host.drive(loadProgram({ host, path: "/home/harn/main.harn", text: source }));
  const broken = loaded.diagnostics.map(({ diagnostic }) => `${diagnostic.severity}: ${diagnostic.message}`);
  if (loaded.program === undefined || broken.length > 0) {
    return { output: "", stderr: "", error: broken.join("\n"), host, liveTasks: 0 };
  }
  const run = startProgram(loaded.program, { host, ...(state && { state }) });
  const outcome = await host.drive(run.outcome);
  const result = { output: host.stdout(), stderr: host.stderr(), host, liveTasks: run.vm.liveTasks, vm: run.vm };
  switch (outcome.status) {
    case "ok":
      return result;
    case "failed":
      return { ...result, error: failureMessage(outcome.failure) };
    case "cancelled":
      return { ...result, error: `cancelled: ${outcome.reason}` };
  }
}

/** The lines a program prints; fails with the program's own error. */
export async function printed(source: string, options: VirtualHostOptions = {}): Promise<string[]> {
  const { output, error } = await runHarn(source, options);
  if (error !== undefined) throw new Error(`${error}\n--- output so far\n${output}`);
  return output === "" ? [] : output.replace(/\n$/, "").split("\n");
}

/** The text an expression prints as. */
export async function shown(expression: string, options: VirtualHostOptions = {}): Promise<string> {
  return (await printed(`println(${expression})`, options)).join("\n");
}

/** What `catch` binds when an expression fails. */
export async function caught(expression: string, options: VirtualHostOptions = {}): Promise<string> {
  const lines = await printed(
    `try {\n  let value = ${expression}\n  println("no error: \${value}")\n} catch (e) {\n  println(e)\n}`,
    options,
  );
  return lines.join("\n");
}

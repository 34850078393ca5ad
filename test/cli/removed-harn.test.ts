/** A command whose own files go away while it runs: an upgrade, a package that is removed. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type BundledHarn, bundleHarn, useBundledHarn } from "../support/bundled-harn.ts";

const bundled = useBundledHarn();

const WORDS = "Expected the files of harn where they were when it started; was it removed or replaced while it ran?";

type Command = ChildProcessByStdio<Writable, Readable, Readable>;

async function ended(child: Command): Promise<{ readonly code: unknown; readonly err: string }> {
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { code, err };
}

function start(bundle: BundledHarn, ...args: string[]): Command {
  return spawn(process.execPath, [bundle.main, ...args], { stdio: ["pipe", "pipe", "pipe"] });
}

const remove = (bundle: BundledHarn): void => rmSync(dirname(bundle.main), { recursive: true });

describe("harn, removed while it runs", () => {
  it("gives the program an error that it can catch where something is needed that is gone", async () => {
    const program = join(bundled.folder, "program.harn");
    writeFileSync(
      program,
      'println("up")\nsleep(300ms)\ntry { exec("true") } catch (e) { eprintln(e) }\neprintln("still here")\n',
    );
    const child = start(bundled.bundle, "run", program);
    child.stdout.once("data", () => remove(bundled.bundle));
    expect(await ended(child)).toEqual({ code: 0, err: `Runtime error: ${WORDS}\nstill here\n` });
  }, 30_000);

  it("says so and ends when even that cannot be told, instead of trying for ever", async () => {
    const bundle = await bundleHarn();
    rmSync(join(dirname(bundle.main), "failures.mjs"));
    const child = start(bundle, "run", join(bundled.folder, "missing.harn"));
    expect(await ended(child)).toEqual({ code: 70, err: `harn: ${WORDS}\n` });
    remove(bundle);
  }, 30_000);
});

/** `harn repl` in a pipe, and at a terminal as the line editor sees it. */

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CommandFolder, createCommandFolder } from "../__fixtures__/command.ts";
import { runCli } from "../cli.ts";
import { createCliContext, type StopRequest } from "../context.ts";

let tools: CommandFolder;
beforeEach(() => {
  tools = createCommandFolder();
});
afterEach(() => tools.remove());

describe("harn repl in a pipe", () => {
  const repl = (stdin: string) => tools.harn(["repl"], { stdin });

  it("has no prompts, and goes on after errors", async () => {
    const { code, out, err } = await repl('1 + 1\nfn f(a) {\n  return a * 2\n}\n1 / 0\nf(21)\n"text"\n');
    expect([code, out]).toEqual([1, '2\n42\n"text"\n']);
    expect(err).toBe("error: Division by zero\n --> <repl>:5:3\n  |\n5 | 1 / 0\n  |   ^\n");
  });

  it("is 0 when all goes well, also without a last line break", async () => {
    expect(await repl("let x = 1\nx")).toEqual({ code: 0, out: "1\n", err: "" });
    expect(await repl("")).toEqual({ code: 0, out: "", err: "" });
  });

  it("tells of a block that never ends", async () => {
    const { code, err } = await repl("fn f() {\n");
    expect([code, err.split("\n")[0]]).toEqual([1, "error[HARN-P002]: Unexpected end of file, expected }"]);
  });

  it("programs read what follows them", async () => {
    expect((await repl("let name = read_line()\nAda\nname\n")).out).toBe('"Ada"\n');
  });

  it("obeys commands", async () => {
    const { code, out, err } = await repl("let b = 2\nlet a = [1]\n:vars\n:doc len\n:reset\na\n:quit\nnever\n");
    expect(out).toMatch(/^a = \[1\]\nb = 2\nlen\(/);
    expect(code).toBe(1);
    expect(err).toContain("\nerror: Undefined variable: a\n");
    expect((await repl(":nope\n")).err).toBe(
      "There is no command `:nope`; there is :help, :vars, :doc, :reset, :quit\n",
    );
  });

  it("Ctrl-C ends it, finally blocks included", async () => {
    const stdin = 'try { println("up")\nsleep(1h) } finally { println("cleaned") }\n1\n';
    expect(await tools.harn(["repl"], { stdin, stopAfter: "up" })).toEqual({
      code: 130,
      out: "up\ncleaned\n",
      err: "",
    });
  });
});

describe("harn repl at a terminal", () => {
  /** Types each text once the one before it is on the screen. */
  async function type(steps: readonly (readonly [expected: string, typed: string])[], history = "") {
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
    const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
    const left = [...steps];
    let shown = "";
    let seen = 0;
    screen.on("data", (chunk) => {
      shown += chunk;
      const at = left[0] === undefined ? -1 : shown.indexOf(left[0][0], seen);
      if (at < 0) return;
      seen = shown.length;
      const [, typed = ""] = left.shift() ?? [];
      // A terminal sends key by key; pasted text comes at once.
      setImmediate(() => {
        for (const keys of typed.includes("\t") ? typed : [typed]) stdin.write(keys);
      });
    });
    const context = createCliContext(new URL("../main.ts", import.meta.url), {
      cwd: tools.path,
      environment: { HARN_REPL_HISTORY: history, NO_COLOR: "1" },
      terminal: { stdin: stdin as never, stdout: screen, stderr: screen },
    });
    const code = await runCli(context, ["repl"]);
    await context.host.flush();
    context.host.close();
    return { code, left: left.length, shown: shown.replace(/\u001b\[[\d;]*[A-Za-z]/g, "").replaceAll("\r", "") };
  }

  it("goes on with an unfinished block, and ends at Ctrl-D", async () => {
    const { code, shown } = await type([
      ["harn> ", "fn f(a) {\r"],
      ["... ", "return a + 1\r"],
      ["... ", "}\r"],
      ["harn> ", "f(41)\r"],
      ["42\n", "\u0004"],
    ]);
    expect(code).toBe(0);
    expect(shown).toContain("harn> f(41)\n42\nharn> ");
  });

  it("Ctrl-C drops what is typed, and stops what runs", async () => {
    const { code, shown } = await type([
      ["harn> ", "let kept = 7\r"],
      ["harn> ", "fn half("],
      ["half(", "\u0003"],
      ["harn> ", "while true { }\r"],
      ["true { }", "\u0003"],
      ["Stopped", "kept\r"],
      ["7\n", "\u0004"],
    ]);
    expect(code).toBe(0);
    expect(shown).toContain("^C\nharn> while true { }\nStopped\nharn> kept\n7\n");
  });

  it("completes names with Tab", async () => {
    const { shown } = await type([
      ["harn> ", "let total_count = 7\r"],
      ["harn> ", "total_c\t + 1\r"],
      ["8\n", "\u0004"],
    ]);
    expect(shown).toContain("8\n");
  });

  it("runs pasted lines one after the other", async () => {
    const { shown } = await type([
      ["harn> ", "let a = 1\rlet b = 2\ra + b\r"],
      ["3\n", "\u0004"],
    ]);
    expect(shown).toContain("3\n");
  });

  it("gives programs the line that is typed, behind their question", async () => {
    const { shown } = await type([
      // The question must not be what the echo of the input shows.
      ["harn> ", 'let name = prompt_user("Name" + "? ")\r'],
      ["Name? ", "Ada\r"],
      ["harn> ", "name\r"],
      ['"Ada"\n', "\u0004"],
    ]);
    expect(shown).toContain("Name? Ada\n");
  });

  it("keeps a history for the next session, readable by its owner, without lines that begin with a space", async () => {
    const file = join(tools.path, "deep", "history");
    await type(
      [
        ["harn> ", "6 * 7\r"],
        ["42\n", ' "secret"\r'],
        ['"secret"\n', "\u0004"],
      ],
      file,
    );
    expect(readFileSync(file, "utf8")).toBe("6 * 7\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { left } = await type(
      [
        ["harn> ", "\u001b[A\r"],
        ["42\n", "\u0004"],
      ],
      file,
    );
    expect(left).toBe(0);
  });

  it("goes on without a history that cannot be written", async () => {
    tools.write({ "a-file": "" });
    const { code } = await type(
      [
        ["harn> ", "6 * 7\r"],
        ["42\n", "\u0004"],
      ],
      join(tools.path, "a-file", "history"),
    );
    expect(code).toBe(0);
  });

  it("ends when it is told to from outside", async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
    const screen = Object.assign(new PassThrough(), { isTTY: true });
    const context = createCliContext(new URL("../main.ts", import.meta.url), {
      cwd: tools.path,
      environment: { HARN_REPL_HISTORY: "" },
      terminal: { stdin: stdin as never, stdout: screen, stderr: screen },
    });
    screen.on("data", () => context.cancel.cancel({ kind: "terminate" } satisfies StopRequest));
    expect(await runCli(context, ["repl"])).toBe(143);
    context.host.close();
  });
});

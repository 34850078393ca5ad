import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CancelToken, HostError, type HostErrorKind } from "../../base/index.ts";
import { kindOfError } from "./host-failure.ts";
import { createNodeHost, type NodeHost } from "./node-host.ts";

let folder = "";
let host: NodeHost;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "harn-host-"));
  host = createNodeHost({ cwd: folder });
});

afterEach(() => {
  host.close();
  rmSync(folder, { recursive: true });
});

const kindOf = (work: Promise<unknown>): Promise<HostErrorKind | "no error"> =>
  work.then(
    () => "no error" as const,
    (error: unknown) => {
      expect(error).toBeInstanceOf(HostError);
      return (error as HostError).kind;
    },
  );
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const node = process.execPath;
const script = (code: string, extra: object = {}, signal?: CancelToken) =>
  host.perform("process.run", { command: node, args: ["-e", code], ...extra }, signal);

describe("files", () => {
  it("writes, appends and reads bytes relative to the working folder", async () => {
    const bytes = new Uint8Array([0, 255, 10, 13]);
    await host.perform("fs.write", { path: "a.bin", data: bytes });
    await host.perform("fs.write", { path: "a.bin", data: "é", append: true });
    const read = await host.perform("fs.read", { path: join(folder, "a.bin") });
    expect([...read]).toEqual([0, 255, 10, 13, 0xc3, 0xa9]);
    expect(Buffer.isBuffer(read)).toBe(false);
  });

  it("lists in byte order, describes, copies, moves and removes", async () => {
    await host.perform("fs.mkdir", { path: "d/e" });
    for (const name of ["b", "B", "ä", "a"]) await host.perform("fs.write", { path: `d/${name}`, data: name });
    expect(await host.perform("fs.list", { path: "d" })).toEqual(["B", "a", "b", "e", "ä"]);
    expect(await host.perform("fs.stat", { path: "d/ä" })).toMatchObject({
      kind: "file",
      sizeBytes: 2,
      readonly: false,
    });
    expect(await host.perform("fs.stat", { path: "d" })).toMatchObject({ kind: "directory" });
    await host.perform("fs.copy", { from: "d", to: "copy" });
    await host.perform("fs.move", { from: "copy/a", to: "copy/z" });
    expect(await host.perform("fs.list", { path: "copy" })).toEqual(["B", "b", "e", "z", "ä"]);
    await host.perform("fs.remove", { path: "copy/e" });
    await host.perform("fs.remove", { path: "copy", recursive: true });
    expect(await host.perform("fs.stat", { path: "copy" })).toBeUndefined();
    expect(await host.perform("fs.stat", { path: "d/a/below" })).toBeUndefined();
  });

  it("writes, appends and moves with the promise that it stays", async () => {
    await host.perform("fs.write", { path: "j", data: "one\n", sync: true });
    await host.perform("fs.write", { path: "j", data: "two\n", append: true, sync: true });
    await host.perform("fs.write", { path: "old", data: "gone" });
    await host.perform("fs.move", { from: "j", to: "old", sync: true });
    expect(text(await host.perform("fs.read", { path: "old" }))).toBe("one\ntwo\n");
    expect(await kindOf(host.perform("fs.write", { path: "no/j", data: "", sync: true }))).toBe("not_found");
  });

  it("tells a read-only file and a link that leads nowhere", async () => {
    writeFileSync(join(folder, "ro"), "x");
    chmodSync(join(folder, "ro"), 0o444);
    symlinkSync("nowhere", join(folder, "link"));
    expect(await host.perform("fs.stat", { path: "ro" })).toMatchObject({ readonly: true });
    expect(await host.perform("fs.stat", { path: "link" })).toMatchObject({ kind: "symlink" });
    await host.perform("fs.mkdir", { path: "d" });
    expect(await host.perform("fs.entries", { path: "." })).toEqual([
      { name: "d", kind: "directory" },
      { name: "link", kind: "symlink" },
      { name: "ro", kind: "file" },
    ]);
    expect(await kindOf(host.perform("fs.entries", { path: "ro" }))).toBe("not_a_directory");
  });

  const failures: { name: string; act: () => Promise<unknown>; kind: HostErrorKind }[] = [
    { name: "read what is not there", act: () => host.perform("fs.read", { path: "x" }), kind: "not_found" },
    { name: "read a folder", act: () => host.perform("fs.read", { path: "." }), kind: "is_a_directory" },
    {
      name: "write below a file",
      act: () => host.perform("fs.write", { path: "f/x", data: "" }),
      kind: "not_a_directory",
    },
    {
      name: "write into no folder",
      act: () => host.perform("fs.write", { path: "no/x", data: "" }),
      kind: "not_found",
    },
    { name: "list a file", act: () => host.perform("fs.list", { path: "f" }), kind: "not_a_directory" },
    { name: "a folder over a file", act: () => host.perform("fs.mkdir", { path: "f" }), kind: "already_exists" },
    { name: "remove a full folder", act: () => host.perform("fs.remove", { path: "full" }), kind: "not_empty" },
    {
      name: "remove what is not there",
      act: () => host.perform("fs.remove", { path: "x", recursive: true }),
      kind: "not_found",
    },
    {
      name: "a name that is too long",
      act: () => host.perform("fs.read", { path: "n".repeat(300) }),
      kind: "invalid_input",
    },
    { name: "a name with a zero", act: () => host.perform("fs.read", { path: "a\u0000b" }), kind: "invalid_input" },
    {
      name: "a folder into itself",
      act: () => host.perform("fs.move", { from: "full", to: "full/in" }),
      kind: "invalid_input",
    },
  ];
  it.each(failures)("$name: $kind", async ({ act, kind }) => {
    await host.perform("fs.mkdir", { path: "full/below" });
    await host.perform("fs.write", { path: "f", data: "" });
    expect(await kindOf(act())).toBe(kind);
  });

  it.runIf(process.platform === "linux")("a device without space", async () => {
    expect(await kindOf(host.perform("fs.write", { path: "/dev/full", data: "x" }))).toBe("no_space");
  });

  it("says what it tried, and keeps the platform's code", async () => {
    const error: unknown = await host.perform("fs.read", { path: "x.txt" }).catch((e: unknown) => e);
    expect((error as HostError).message).toBe("Cannot read x.txt: no such file, folder or command (ENOENT)");
    expect((error as HostError).data).toEqual({ platformCode: "ENOENT" });
  });

  it("a fired signal refuses, and one that fires meanwhile rejects with its reason", async () => {
    const token = new CancelToken();
    const work = host.perform("fs.list", { path: "." }, token);
    token.cancel("stop");
    await expect(work).rejects.toBe("stop");
    await expect(host.perform("fs.write", { path: "never", data: "" }, token)).rejects.toBe("stop");
    expect(await host.perform("fs.stat", { path: "never" })).toBeUndefined();
  });
});

describe("kinds of platform errors", () => {
  it.each<[string, HostErrorKind]>([
    ["EACCES", "permission_denied"],
    ["EPERM", "permission_denied"],
    ["EROFS", "permission_denied"],
    ["ENOSPC", "no_space"],
    ["EDQUOT", "no_space"],
    ["ETIMEDOUT", "timeout"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["EWHATEVER", "other"],
  ])("%s is %s", (code, kind) => {
    expect(kindOfError(Object.assign(new Error("x"), { code }))).toBe(kind);
  });

  it.each([[undefined], [null], ["text"], [new Error("no code")], [{ code: 5 }]])("%s is other", (thrown) => {
    expect(kindOfError(thrown)).toBe("other");
  });
});

describe("processes", () => {
  it("gives exit code, both outputs, input, environment and folder", async () => {
    const code = `process.stdin.on("data", (d) => process.stdout.write(d)).on("end", () => {
      process.stderr.write(process.env.EXTRA + " " + process.cwd().split("/").pop()); process.exitCode = 3 })`;
    await host.perform("fs.mkdir", { path: "sub" });
    const result = await script(code, { stdin: "in\u0000put", env: { EXTRA: "extra" }, cwd: "sub" });
    expect(result).toMatchObject({ exitCode: 3, signal: null, timedOut: false });
    expect([text(result.stdout), text(result.stderr)]).toEqual(["in\u0000put", "extra sub"]);
    expect(result.truncated).toBeUndefined();
  });

  it("runs a whole line through the shell", async () => {
    const result = await host.perform("process.run", { command: "echo one; exit 4", args: [], shell: true });
    expect([result.exitCode, text(result.stdout)]).toEqual([4, "one\n"]);
  });

  it.each([
    ["no such command", { command: "no-such-command-here" }],
    ["no such folder", { command: node, cwd: "nowhere" }],
  ])("%s: not_found", async (_, args) => {
    expect(await kindOf(host.perform("process.run", { args: [], ...args }))).toBe("not_found");
  });

  it("survives a child that does not read its input", async () => {
    const result = await script("process.stdin.destroy()", { stdin: "x".repeat(1_000_000) });
    expect(result.exitCode).toBe(0);
  });

  it("keeps the first bytes of a huge output and lets the child finish", async () => {
    const result = await script(`process.stdout.write("a".repeat(5_000_000), () => process.stderr.write("end"))`, {
      maxOutputBytes: 1000,
    });
    expect([result.exitCode, text(result.stdout), text(result.stderr)]).toEqual([0, "a".repeat(1000), "end"]);
    expect(result.truncated).toBe(true);
  });

  // The grandchild writes its pid, ignores SIGTERM and would outlive a plain kill of its parent.
  const family = `
    const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); require('fs').writeFileSync('pid', String(process.pid))"], { stdio: "inherit" });
    setInterval(() => {}, 1000);`;

  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      // A zombie that waits for its reaper does not count.
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  };
  const eventually = async <T>(probe: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = probe();
      if (found !== undefined) return found;
      await host.perform("sleep", { ms: 10 });
    }
  };
  const grandchild = () =>
    eventually(() => {
      try {
        return Number(readFileSync(join(folder, "pid"), "utf8")) || undefined;
      } catch {
        return undefined;
      }
    });

  it.runIf(process.platform === "linux")("a time-out ends the whole group, also who ignores the request", async () => {
    const result = await script(family, { timeoutMs: 1500 });
    expect(result).toMatchObject({ exitCode: null, timedOut: true });
    const pid = await grandchild();
    await eventually(() => (isAlive(pid) ? undefined : true));
  });

  it("a limit beyond what timers hold is not over at once", async () => {
    expect(await script("setTimeout(() => {}, 50)", { timeoutMs: 2 ** 31 })).toMatchObject({ timedOut: false });
  });

  it.runIf(process.platform === "linux")("a cancellation rejects at once and ends the whole group", async () => {
    const token = new CancelToken();
    const work = script(family, {}, token);
    const pid = await grandchild();
    token.cancel("stop");
    await expect(work).rejects.toBe("stop");
    expect(token.listenerCount).toBe(0);
    await eventually(() => (isAlive(pid) ? undefined : true));
  });

  it("killProcesses ends what runs", async () => {
    const work = script("console.log('up'); setInterval(() => {}, 1000)");
    await host.perform("sleep", { ms: 1 });
    host.killProcesses();
    expect((await work).signal).toBe("SIGKILL");
  });
});

describe("clock, random, environment", () => {
  it("sleeps, cancels a sleep, and takes nonsense as no time", async () => {
    const before = host.sync("clock.monotonic", {});
    await host.perform("sleep", { ms: 20 });
    expect(host.sync("clock.monotonic", {}) - before).toBeGreaterThan(15);
    const token = new CancelToken();
    const nap = host.perform("sleep", { ms: 3_000_000_000 }, token);
    token.cancel("up");
    await expect(nap).rejects.toBe("up");
    expect(token.listenerCount).toBe(0);
    await host.perform("sleep", { ms: Number.NaN });
    await host.perform("sleep", { ms: -1 });
  });

  it("reads the environment that it was given, and secrets after it", () => {
    const other = createNodeHost({ environment: { A: "1" }, secrets: (name) => `secret ${name}` });
    expect(other.sync("env.get", { name: "A" })).toBe("1");
    expect(other.sync("env.get", { name: "toString" })).toBeUndefined();
    expect(other.sync("env.list", {})).toEqual({ A: "1" });
    expect(other.sync("secret.get", { name: "A" })).toBe("1");
    expect(other.sync("secret.get", { name: "B" })).toBe("secret B");
  });

  it("makes ids with the prefix, all different", () => {
    const ids = new Set(Array.from({ length: 100 }, () => host.sync("id.next", { prefix: "run" })));
    expect(ids.size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^run_[0-9a-f]{32}$/);
  });

  it("hands model calls to the given handler, and to the providers when there is none", async () => {
    const model = createNodeHost({
      modelStream: async function* (input, _, own) {
        yield [input, own.sync("env.get", { name: "NOT_SET" }) ?? null];
      },
    });
    const items = [];
    for await (const item of model.stream("model.stream", "hi")) items.push(item);
    expect(items).toEqual([["hi", null]]);
    const offline = createNodeHost({ environment: { HARN_LLM_CALLS_DISABLED: "1" } });
    const request = { provider: "anthropic", model: "m", messages: [] };
    const asked = offline.stream("model.stream", request)[Symbol.asyncIterator]();
    const { value } = await asked.next();
    expect(value).toMatchObject({ type: "error", error: { provider: "anthropic" } });
    offline.close();
  });
});

describe("console", () => {
  function captured(onClosed?: (stream: "stdout" | "stderr") => void) {
    const writes: string[] = [];
    const stdin = new PassThrough();
    const make = (name: string) => {
      const stream = new PassThrough();
      stream.on("data", (chunk) => writes.push(`${name}:${chunk}`));
      return stream;
    };
    const stdout = make("out");
    const terminal = { stdin, stdout, stderr: make("err"), ...(onClosed && { onClosed }) };
    return { writes, stdin, stdout, host: createNodeHost({ terminal, logLevel: "info" }) };
  }

  it("gathers lines, and keeps the order of the two streams", async () => {
    const { host: own, writes } = captured();
    own.sync("console.write", { stream: "stdout", text: "a\n" });
    own.sync("console.write", { stream: "stdout", text: "b\n" });
    own.sync("console.write", { stream: "stderr", text: "c\n" });
    own.sync("console.write", { stream: "stdout", text: "d\n" });
    await own.flush();
    expect(writes).toEqual(["out:a\nb\n", "err:c\n", "out:d\n"]);
  });

  it("logs from its level up", async () => {
    const { host: own, writes } = captured();
    own.sync("log.write", { level: "debug", message: "hidden" });
    own.sync("log.write", { level: "info", message: "shown", fields: { a: 1 } });
    await own.flush();
    expect(writes).toEqual(['err:info: shown {"a":1}\n']);
  });

  it("drops output once its reader went away, and says so once", async () => {
    const closed: string[] = [];
    const { host: own, writes, stdout } = captured((stream) => closed.push(stream));
    own.sync("console.write", { stream: "stdout", text: "a" });
    await own.flush();
    stdout.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    await own.perform("sleep", { ms: 0 });
    own.sync("console.write", { stream: "stdout", text: "b" });
    await own.flush();
    expect(writes).toEqual(["out:a"]);
    expect(closed).toEqual(["stdout"]);
  });

  it("reads lines that arrive in pieces, serves readers in order, then the rest, then the end", async () => {
    const { host: own, stdin } = captured();
    const first = own.perform("console.readLine", {});
    const second = own.perform("console.readLine", {});
    const letter = Buffer.from("é");
    stdin.write("on");
    stdin.write(Buffer.concat([Buffer.from("e\r\ntw"), letter.subarray(0, 1)]));
    stdin.write(Buffer.concat([letter.subarray(1), Buffer.from("\nrest\nof")]));
    expect([await first, await second]).toEqual(["one", "twé"]);
    stdin.end(" it");
    expect(await own.perform("console.readAll", {})).toBe("rest\nof it");
    expect(await own.perform("console.readLine", {})).toBeUndefined();
    expect(await own.perform("console.readAll", {})).toBe("");
  });

  it("a cancelled reader takes no line", async () => {
    const { host: own, stdin } = captured();
    const token = new CancelToken();
    const cancelled = own.perform("console.readLine", {}, token);
    const next = own.perform("console.readLine", {});
    token.cancel("no");
    await expect(cancelled).rejects.toBe("no");
    stdin.write("line\n");
    expect(await next).toBe("line");
    expect(token.listenerCount).toBe(0);
    own.close();
    expect(stdin.listenerCount("data")).toBe(0);
  });
});

/** A program that leaks must be told from one that does not: every kind of leak, planted. */

import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { CancelToken, type Host } from "../../base/index.ts";
import { loadSource } from "../../runtime/index.ts";
import { internalNatives } from "../../stdlib/index.ts";
import { createVirtualHost, judge } from "../../testing/index.ts";
import { type Native, Vm } from "../../vm/index.ts";
import { type ProgramWatch, watchProgram } from "./watch-program.ts";

const PATIENCE_MS = 20;

const never = <T>(): Promise<T> => new Promise(() => {});

/** Runs a program that may call these besides the language's own. */
async function watched(source: string, natives: readonly Native[] = [], inner?: Host): Promise<ProgramWatch> {
  const { program } = loadSource("/suite/a.harn", source);
  if (program === undefined) throw new Error("The program does not compile");
  const watch = watchProgram(inner ?? createVirtualHost(), "/suite/", PATIENCE_MS);
  const vm = new Vm({ host: watch.host, natives: [...internalNatives, ...natives], methods: {} });
  watch.onMachine(vm);
  vm.load(program.modules);
  expect((await vm.run(program.entry)).status).toBe("ok");
  return watch;
}

/** Runs the task's first turn before the program ends. */
const yielding: Native = { kind: "async", name: "others", impl: () => Promise.resolve(undefined) };

describe("what a program leaves behind", () => {
  it("is nothing, as a rule", async () => {
    const watch = await watched("let t = spawn { others() }\nothers()", [yielding]);
    expect(await watch.leaks()).toEqual([]);
  });

  it("a builtin that does not stop when its task is stopped, with the place of its call", async () => {
    const stuck: Native = { kind: "async", name: "stuck", impl: () => never() };
    const watch = await watched("let t = spawn {\n  stuck()\n}\nothers()", [stuck, yielding]);
    expect(await watch.leaks()).toEqual(["call stuck, at a.harn:2"]);
  });

  it("an effect that nobody waits for, with the place of the builtin that asked", async () => {
    const careless: Native = {
      kind: "async",
      name: "careless",
      impl: (_args, { host }) => {
        void host.perform("sleep", { ms: 60_000 });
        return undefined;
      },
    };
    const watch = await watched("let a = 1\ncareless()", [careless]);
    expect(await watch.leaks()).toEqual(["effect sleep, asked for at a.harn:2"]);
  });

  it("a listener on a signal that lives longer than the effect", async () => {
    const inner: Host = {
      ...createVirtualHost(),
      perform: async (_kind, _args, signal) => {
        signal?.addEventListener("abort", () => {});
        return undefined as never;
      },
    };
    const forgetful: Native = {
      kind: "async",
      name: "forgetful",
      impl: async (_args, { host }) => {
        await host.perform("sleep", { ms: 1 }, new CancelToken());
        return undefined;
      },
    };
    const watch = await watched("forgetful()", [forgetful], inner);
    expect(await watch.leaks()).toEqual(["abort listener of sleep, asked for at a.harn:1"]);
  });

  it("a stream of the host that was begun and dropped", async () => {
    const inner: Host = {
      ...createVirtualHost(),
      async *stream() {
        yield undefined as never;
        await never();
      },
    };
    const dropping: Native = {
      kind: "async",
      name: "dropping",
      impl: async (_args, { host }) => {
        await host.stream("model.stream", {})[Symbol.asyncIterator]().next();
        return undefined;
      },
    };
    const watch = await watched("dropping()", [dropping], inner);
    expect(await watch.leaks()).toEqual(["stream model.stream, asked for at a.harn:1"]);
  });

  it("a handle of the process", async () => {
    const server = createServer();
    const listening: Native = {
      kind: "pure",
      name: "listening",
      impl: () => {
        server.listen(0);
        return undefined;
      },
    };
    const watch = await watched("listening()", [listening]);
    try {
      expect(await watch.leaks()).toEqual(["handle TCPServerWrap"]);
    } finally {
      server.close();
    }
  });

  it("makes the case fail, whatever it printed", () => {
    const expectation = { kind: "output", path: "a.expected", text: "a\n" } as const;
    const outcome = { status: "ok", output: "a\n", leaks: ["call stuck, at a.harn:2"] } as const;
    expect(judge({ expectation }, outcome, "exact")).toBe("Left behind:\n  call stuck, at a.harn:2");
    expect(judge({ expectation }, { ...outcome, leaks: [] }, "exact")).toBeUndefined();
  });
});

describe("a machine that runs", () => {
  it("says what it holds, and where that began", async () => {
    const host = createVirtualHost();
    let seen: unknown;
    const look: Native = {
      kind: "async",
      name: "look",
      impl: (_args, { vm }) => {
        seen = vm.liveResources.map(({ kind, what, place }) => [kind, what, place?.line ?? 0]);
        return undefined;
      },
    };
    const open: Native = {
      kind: "async",
      name: "open",
      impl: (_args, { vm, task }) => vm.openSource(task, "open", (async function* () {})()),
    };
    const wait: Native = {
      kind: "async",
      name: "wait",
      impl: (_args, { host: at, signal }) => at.perform("sleep", { ms: 5 }, signal),
    };
    const source = "let s = open()\nlet t = spawn {\n  wait()\n}\nothers()\nlook()";
    const { program } = loadSource("/a.harn", source);
    const vm = new Vm({ host, natives: [...internalNatives, look, open, wait, yielding], methods: {} });
    vm.load(program!.modules);
    await host.drive(vm.run(program!.entry));
    await host.settle();
    expect(seen).toEqual([
      ["task", "task_root", 6],
      ["task", "task_root:spawn:1, which waits for wait", 3],
      ["call", "wait", 3],
      ["stream", "open", 1],
    ]);
    expect(vm.liveResources).toEqual([]);
  });
});

/** The command in this process, in a folder of its own, as tests call it. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { runCli } from "../cli.ts";
import { createCliContext, type StopRequest } from "../context.ts";

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandOptions {
  readonly stdin?: string;
  /** Both outputs are a terminal. */
  readonly terminal?: boolean;
  /** Asks to stop, as Ctrl-C does, once that text has been printed. */
  readonly stopAfter?: string;
  /** Asks to stop as soon as the command has begun. */
  readonly stopOnStart?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface CommandFolder {
  readonly path: string;
  harn(argv: readonly string[], options?: CommandOptions): Promise<Outcome>;
  /** Texts by path; folders are made. */
  write(files: Readonly<Record<string, string>>): void;
  read(path: string): string;
  remove(): void;
}

export function createCommandFolder(): CommandFolder {
  const folder = mkdtempSync(join(tmpdir(), "harn-cli-"));
  return {
    path: folder,
    async harn(argv, { stdin = "", terminal = false, stopAfter, stopOnStart = false, environment } = {}) {
      const written = { out: "", err: "" };
      const input = new PassThrough();
      input.end(stdin);
      const capture = (name: "out" | "err"): PassThrough => {
        const stream = new PassThrough();
        if (terminal) Object.assign(stream, { isTTY: true });
        stream.on("data", (chunk) => {
          written[name] += chunk;
          if (stopAfter !== undefined && written.out.includes(stopAfter))
            context.cancel.cancel({ kind: "interrupt" } satisfies StopRequest);
        });
        return stream;
      };
      const context = createCliContext(new URL("../main.ts", import.meta.url), {
        cwd: folder,
        environment: { PATH: process.env["PATH"], ...environment },
        terminal: { stdin: input, stdout: capture("out"), stderr: capture("err") },
      });
      if (stopOnStart) setTimeout(() => context.cancel.cancel({ kind: "interrupt" } satisfies StopRequest), 50);
      const code = await runCli(context, argv);
      await context.host.flush();
      context.host.close();
      return { code, ...written };
    },
    write(files) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(join(folder, dirname(path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
    },
    read: (path) => readFileSync(join(folder, path), "utf8"),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

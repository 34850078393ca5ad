/**
 * A conversation on disk: JSON lines, append-only, rewritten as a whole only after a compaction (CTX-01 … CTX-10).
 *
 * Durability: every append is one write that is on stable storage before the turn goes on; a rewrite goes to a
 * temporary file and is renamed over the old one, so a crash leaves either the old conversation or the new one. A line
 * torn by a crash is skipped on load, and the next append starts on a line of its own. When an append fails half way,
 * nobody knows what is on disk, so the next save rewrites the file. A file that could not be read, that holds lines of a
 * newer release, or that somebody else has written to meanwhile, is never overwritten: it is only appended to.
 *
 * No failure here fails a turn: it is logged, and the messages are saved with the next save that works.
 */

import { type Host, HostError } from "../../base/index.ts";
import { thrownText } from "../tools/outcome.ts";
import { decodeLine, encodeLine } from "./context-line.ts";
import type { RecordedMessage } from "./recorded-message.ts";

export interface ContextFile {
  readonly path: string;
  /** Writes `history` from index `saved` on. True when all of it is on disk now. */
  save(history: readonly RecordedMessage[], saved: number): Promise<boolean>;
  /**
   * Puts `history` in place of everything in the file. False: it failed and is to be saved again. A file that must not
   * be overwritten keeps what it has, and that is no failure.
   */
  replace(history: readonly RecordedMessage[]): Promise<boolean>;
}

/** Never fails: a missing file is an empty history, an unreadable one too, with a warning in the log. */
export async function openContextFile(
  host: Host,
  path: string,
): Promise<{ readonly messages: readonly RecordedMessage[]; readonly file: ContextFile }> {
  const loaded = await loadContext(host, path);
  return { messages: loaded.messages, file: createContextFile(host, path, loaded) };
}

interface LoadedContext {
  readonly messages: readonly RecordedMessage[];
  /** The file ends in the middle of a line. */
  readonly torn: boolean;
  /** Whether the file may be overwritten. */
  readonly replaceable: boolean;
  readonly sizeBytes: number;
}

async function loadContext(host: Host, path: string): Promise<LoadedContext> {
  const warn = (message: string, fields: Record<string, string | number> = {}) =>
    host.sync("log.write", { level: "warn", message, fields: { path, ...fields } });
  let bytes: Uint8Array;
  try {
    bytes = await host.perform("fs.read", { path });
  } catch (thrown) {
    if (thrown instanceof HostError && thrown.kind === "not_found")
      return { messages: [], torn: false, replaceable: true, sizeBytes: 0 };
    warn("Context file could not be read; the conversation starts empty", { error: thrownText(thrown) });
    return { messages: [], torn: true, replaceable: false, sizeBytes: 0 };
  }
  const messages: RecordedMessage[] = [];
  let replaceable = true;
  for (const [index, line] of decodeLines(bytes).entries()) {
    if (line.trim() === "") continue;
    const decoded = decodeLine(line);
    switch (decoded.kind) {
      case "message":
        messages.push(decoded.message);
        break;
      case "unreadable":
        warn("Skipped a line of the context file that is no message", { line: index + 1 });
        break;
      case "newer":
        replaceable = false;
        warn("Skipped a line of the context file that a newer release wrote", {
          line: index + 1,
          version: decoded.version,
        });
        break;
    }
  }
  const torn = bytes.length > 0 && bytes.at(-1) !== NEWLINE;
  return { messages, torn, replaceable, sizeBytes: bytes.length };
}

const NEWLINE = 0x0a;

/** Line by line, so that a byte that is no UTF-8 costs one line and not the file. */
function decodeLines(bytes: Uint8Array): readonly string[] {
  const decoder = new TextDecoder();
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(NEWLINE, start);
    const end = found === -1 ? bytes.length : found;
    lines.push(decoder.decode(bytes.subarray(start, end)));
    start = end + 1;
  }
  return lines;
}

function createContextFile(host: Host, path: string, loaded: LoadedContext): ContextFile {
  let { torn, replaceable } = loaded;
  /** What of the file is ours, in bytes: at least, and at most when an append failed half way. */
  let leastBytes = loaded.sizeBytes;
  let mostBytes = loaded.sizeBytes;
  /** What is on disk is not known to be a prefix of the history. */
  let uncertain = false;
  let folderMade = false;

  const encode = (messages: readonly RecordedMessage[]): string => {
    let text = "";
    for (const message of messages) {
      const line = encodeLine(message);
      if (line !== undefined) text += `${line}\n`;
      else
        host.sync("log.write", { level: "warn", message: "A message is not JSON and was not saved", fields: { path } });
    }
    return text;
  };

  /** Runs the effects; false, with a log line, when one failed. */
  const attempt = async (what: string, effects: () => Promise<unknown>): Promise<boolean> => {
    try {
      const folder = folderOf(path);
      if (!folderMade && folder !== undefined) await host.perform("fs.mkdir", { path: folder });
      folderMade = true;
      await effects();
      return true;
    } catch (thrown) {
      const fields = { path, error: thrownText(thrown) };
      host.sync("log.write", { level: "error", message: `Context file could not be ${what}`, fields });
      return false;
    }
  };

  /** False when the file has another size than we gave it: then others write to it. One that is gone has nothing to lose. */
  const isOurs = async (): Promise<boolean> => {
    const sizeBytes = (await host.perform("fs.stat", { path }))?.sizeBytes ?? 0;
    return sizeBytes === 0 || (sizeBytes >= leastBytes && sizeBytes <= mostBytes);
  };

  const rewrite = async (history: readonly RecordedMessage[]): Promise<"done" | "failed" | "kept"> => {
    if (!replaceable) return "kept";
    const temporary = `${path}.tmp`;
    const data = new TextEncoder().encode(encode(history));
    let outcome: "done" | "kept" = "done";
    const succeeded = await attempt("rewritten", async () => {
      if (!(await isOurs())) {
        outcome = "kept";
        return;
      }
      await host.perform("fs.write", { path: temporary, data, sync: true });
      await host.perform("fs.move", { from: temporary, to: path, sync: true });
    });
    uncertain = !succeeded;
    if (!succeeded) return "failed";
    if (outcome === "done") {
      leastBytes = data.length;
      mostBytes = data.length;
      torn = false;
    } else {
      replaceable = false;
      const message = "Somebody else writes to the context file: from here on it is only appended to";
      host.sync("log.write", { level: "warn", message, fields: { path } });
    }
    return outcome;
  };

  return {
    path,
    replace: async (history) => (await rewrite(history)) !== "failed",
    async save(history, saved) {
      if (uncertain) {
        const rewritten = await rewrite(history);
        if (rewritten !== "kept") return rewritten === "done";
      }
      if (saved >= history.length) return true;
      const data = new TextEncoder().encode((torn ? "\n" : "") + encode(history.slice(saved)));
      const appended = await attempt("appended to", () =>
        host.perform("fs.write", { path, data, append: true, sync: true }),
      );
      uncertain = !appended;
      torn = !appended;
      mostBytes += data.length;
      if (appended) leastBytes += data.length;
      return appended;
    },
  };
}

function folderOf(path: string): string | undefined {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return end > 0 ? path.slice(0, end) : undefined;
}

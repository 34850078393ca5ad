/**
 * One process at a time works on a durable run.
 *
 * The *lock* is a file that says who holds it. It comes into being with all it says (written under another name, then
 * linked), so nobody reads a half of it. A *stale* lock is one whose holder is gone. Taking it over needs a lock too,
 * named after the stale one's *token*: while a process holds that, nobody else may replace the stale lock, and whoever
 * comes late finds another token there and starts over. That second lock may be stale in turn, and is taken over alike.
 *
 * Whether a holder is gone can be told on its own machine only: by its process id and, on Linux, by when that process
 * started, since ids come again.
 */

import { randomUUID } from "node:crypto";
import { closeSync, fstatSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { UsageError } from "../context.ts";
import { codeOf, toHostError } from "../node-host/host-failure.ts";
import { makeFolders } from "../node-host/make-folders.ts";

/** The lock of the run that is kept in a file. */
export function lockOf(runPath: string): string {
  return runPath.replace(/\.jsonl$/, ".lock");
}

/** What a lock says of its holder. */
interface Holder {
  /** Another one each time. */
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** When the lock was taken, milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Which of the processes that ever had this id; absent where the platform does not tell. */
  readonly process?: string;
}

/** Without links a lock is empty for a moment; after so long it is one that nobody will write any more. */
const WRITTEN_WITHIN_MS = 2000;
/** Others may come and go between two looks; so often in a row they do not. */
const ATTEMPTS = 100;
/** What file systems without links say when asked for one. */
const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK"]);

/**
 * @param nowMs wall clock
 * @returns gives the lock back
 * @throws UsageError while another process holds it
 * @throws HostError when the folder cannot be written
 */
export function lockRun(path: string, id: string, nowMs: number): () => void {
  try {
    makeFolders(dirname(path));
    return acquire(path, id, nowMs);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw toHostError(error, "journal", `Cannot lock run ${id} with ${path}`, {
      hint: "Keep runs in a folder that can be written, with `--runs-dir`",
    });
  }
}

/** Who works on a run. */
export interface Worker {
  readonly pid: number;
  /** The machine. */
  readonly host: string;
}

/** Undefined when nobody does. Of another machine's process it is not known whether it is still there. */
export function workerOn(path: string): Worker | undefined {
  const found = readLock(path);
  if (found?.pid === undefined || !isAlive(found)) return undefined;
  return { pid: found.pid, host: found.host ?? hostname() };
}

function acquire(path: string, id: string, nowMs: number): () => void {
  const known = processOf(process.pid);
  const mine: Holder = {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    sinceMs: nowMs,
    ...(known === undefined ? {} : { process: known }),
  };
  const release = (): void => {
    if (readLock(path)?.token === mine.token) rmSync(path, { force: true });
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(path, mine)) return release;
    const found = readLock(path);
    if (found === undefined) continue;
    if (isAlive(found)) throw new UsageError(describe(found, path, id), 1);
    const releaseTakeover = acquire(`${path}-${found.token}`, id, nowMs);
    try {
      if (readLock(path)?.token !== found.token) continue;
      replace(path, mine);
      return release;
    } finally {
      releaseTakeover();
    }
  }
  throw new UsageError(`Run ${id} is being started by others at the same time; try again`, 1);
}

/** False when somebody has it. */
function create(path: string, holder: Holder): boolean {
  const text = JSON.stringify(holder);
  const draft = `${path}.${holder.token}`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    linkSync(draft, path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    if (code === "EEXIST") return false;
    if (code !== undefined && NO_LINKS.has(code)) return createWithoutLinks(path, text);
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function createWithoutLinks(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

function replace(path: string, holder: Holder): void {
  const draft = `${path}.${holder.token}`;
  writeFileSync(draft, JSON.stringify(holder), { mode: 0o600 });
  renameSync(draft, path);
}

interface FoundLock extends Partial<Holder> {
  readonly token: string;
  /** Not there when the lock says nothing: a power cut, or a platform without links. */
  readonly pid?: number;
  readonly ageMs?: number;
}

/** Undefined when there is none. */
function readLock(path: string): FoundLock | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const text = readFileSync(descriptor, "utf8");
    const { mtimeMs } = fstatSync(descriptor);
    return parseLock(text) ?? { token: `unread-${Math.floor(mtimeMs)}`, ageMs: Date.now() - mtimeMs };
  } finally {
    closeSync(descriptor);
  }
}

function parseLock(text: string): FoundLock | undefined {
  try {
    const { token, pid, host, sinceMs, process: which } = JSON.parse(text) as Partial<Record<keyof Holder, unknown>>;
    if (typeof token !== "string" || !/^[\w-]{1,64}$/.test(token) || !Number.isSafeInteger(pid)) return undefined;
    return {
      token,
      pid: pid as number,
      ...(typeof host === "string" ? { host } : {}),
      ...(typeof sinceMs === "number" ? { sinceMs } : {}),
      ...(typeof which === "string" ? { process: which } : {}),
    };
  } catch {
    return undefined;
  }
}

function isAlive({ pid, host, process: which, ageMs }: FoundLock): boolean {
  if (pid === undefined) return ageMs !== undefined && ageMs < WRITTEN_WITHIN_MS;
  if (host !== hostname()) return true;
  if (which !== undefined) return processOf(pid) === which;
  // A container gives every process the same id: such a lock of our own is an old one.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** The machine's start and the process's, where that can be read. */
function processOf(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Behind the command's name, which may hold anything: state is field 3, the start time field 22.
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return started === undefined ? undefined : `${boot}/${started}`;
  } catch {
    return undefined;
  }
}

function describe({ pid, host, sinceMs }: FoundLock, path: string, id: string): string {
  if (pid === undefined) return `Run ${id} is being started by another process; try again`;
  const since = sinceMs === undefined ? "" : ` since ${new Date(sinceMs).toISOString()}`;
  const where = host === undefined || host === hostname() ? "" : ` on ${host}`;
  return `Run ${id} is being worked on by process ${pid}${where}${since}; wait for it or stop it, and if it is gone, remove ${path}`;
}

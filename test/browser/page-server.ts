/**
 * Serves pages on this machine, as files; TypeScript without its types, and with the package's names as addresses, since
 * workers have no import maps. Each page posts a report, and is then told which page comes next.
 */

import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { transformWithOxc } from "vite";
import type { PageReport } from "./page-report.ts";

export interface PageServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Pages that come next: each is opened when the one before has reported. */
  queue(...pages: readonly string[]): void;
  /** The next report, in the order in which they come. */
  nextReport(): Promise<PageReport>;
  close(): Promise<void>;
}

export interface PageServerOptions {
  /** Folders by the beginning of the address, such as `/library/`. */
  readonly folders: Readonly<Record<string, string>>;
  /** Where the entries of the package are, such as `/library/`. */
  readonly library: string;
  /** Answers to addresses that are no files. */
  readonly answers: Readonly<Record<string, () => Promise<string>>>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".ts": "text/javascript; charset=utf-8",
};

/** Nothing but scripts of this server: no `eval`, no inline scripts, no shims from elsewhere. */
const policy =
  "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self' http://127.0.0.1:*; img-src data:";

export async function startPageServer(options: PageServerOptions): Promise<PageServer> {
  const { folders, library, answers } = options;
  const pages: string[] = [];
  const reports: PageReport[] = [];
  const waiting: ((report: PageReport) => void)[] = [];

  const takeReport = async (request: IncomingMessage): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const report = JSON.parse(Buffer.concat(chunks).toString("utf8")) as PageReport;
    const waiter = waiting.shift();
    if (waiter === undefined) reports.push(report);
    else waiter(report);
    const next = pages.shift();
    return JSON.stringify(next === undefined ? {} : { next });
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader("content-security-policy", policy);
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    if (request.method === "POST" && path === "/report") return void response.end(await takeReport(request));
    if (path === "/redirect") return void response.writeHead(302, { location: "/" }).end();
    const answer = answers[path];
    if (answer !== undefined) return void response.end(await answer());
    const prefix = Object.keys(folders).find((start) => path.startsWith(start));
    if (prefix === undefined) return void response.writeHead(404).end();
    const text = await readFile(join(folders[prefix] ?? "", path.slice(prefix.length)), "utf8");
    response.setHeader("content-type", types[extname(path)] ?? "application/octet-stream");
    response.end(extname(path) === ".ts" ? await asScript(text, path, library) : text);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.writeHead(404).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    queue(...more) {
      pages.push(...more);
    },
    nextReport() {
      const report = reports.shift();
      return report === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(report);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function asScript(text: string, path: string, library: string): Promise<string> {
  const { code } = await transformWithOxc(text, path, { sourcemap: false });
  return code.replace(/(\bfrom\s*)"harn(?:\/(\w+))?"/g, (_, from: string, entry = "harn") => {
    return `${from}"${library}${entry}.js"`;
  });
}

/**
 * All of the package but `harn/node` loads in a browser, and works there: in a page of plain files, in a page that Vite has
 * made, and in a worker; under a content policy that knows no `eval`, and without anything of Node. The pages are in
 * `page/`: what they do is in `page/checks.ts`, what should come of it is here.
 */

import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokenProviderRules } from "../agent/provider-rules.ts";
import { type ModelServer, startModelServer } from "../model-server/model-server.ts";
import { renderMessages, type ServedAnswer } from "../model-server/render-answer.ts";
import { joinBytes } from "../support/aws-event-stream.ts";
import { type Browser, findBrowser, openBrowser } from "./chromium.ts";
import type { Ran } from "./page/program.ts";
import type { PageReport, PageSettings } from "./page-report.ts";
import { type PageServer, startPageServer } from "./page-server.ts";
import { buildPages, buildScript, loadedKilobytes, makeProject, type Project, runOnNode } from "./project.ts";

const found = findBrowser();
const leftOut = "reason" in found ? ` (left out: ${found.reason})` : "";
const command = "command" in found ? found.command : "";
if (leftOut !== "") console.warn(`No browser tests${leftOut}`);

/** Longest that a page may take on a busy machine, milliseconds; it takes about one second. */
const PAGE_MS = 90_000;

const LEFT: ServedAnswer = { text: "Three lamps are left, and no chair.", inputTokens: 12, outputTokens: 9 };
const STOCK: ServedAnswer = { toolCalls: [{ id: "call_1", name: "stock", input: { article: "lamp" } }] };

/** Behind the first of two pieces of text. */
const halfWay = new TextDecoder().decode(joinBytes(renderMessages("anthropic", LEFT))).lastIndexOf("text_delta");

/** What the model server plays for one page, in the order of its checks. */
function scriptPage(server: ModelServer): void {
  server.script(
    { answer: LEFT },
    { answer: LEFT },
    { answer: STOCK },
    { answer: LEFT, misbehave: { kind: "stall", at: halfWay } },
    { answer: { text: "Gone on." } },
    { answer: LEFT },
    { answer: LEFT },
  );
}

describe.skipIf(leftOut !== "")(`in a browser${leftOut}`, () => {
  let folder: string;
  let project: Project;
  let complaints: readonly string[];
  let onNode: Ran;
  let pages: PageServer;
  let models: ModelServer;
  let strangers: ModelServer;
  let browser: Browser;
  const browsers: Browser[] = [];
  const openPage = (url: string): Browser => {
    const opened = openBrowser(command, url);
    browsers.push(opened);
    return opened;
  };
  const reports: Record<string, PageReport> = {};

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "harn-pages-")));
    project = await makeProject(folder);
    complaints = await buildPages(project, join(folder, "bundled"));
    onNode = await runOnNode(project);
    strangers = await startModelServer();
    pages = await startPageServer({
      folders: {
        "/plain/": join(import.meta.dirname, "page"),
        "/library/": project.library,
        "/bundled/": join(folder, "bundled"),
      },
      library: "/library/",
      answers: { "/hello": async () => "hello", "/left": () => models.quiet().then(() => "left") },
    });
    models = await startModelServer({ allowOrigin: pages.url });
    const settings: PageSettings = { models: models.url, strangers: strangers.url, nobody: await unusedUrl() };
    const query = new URLSearchParams({ ...settings }).toString();
    pages.queue(`${pages.url}/bundled/index.html?${query}`);
    scriptPage(models);
    scriptPage(models);
    browser = openPage(`${pages.url}/plain/index.html?${query}`);
    reports["plain files"] = await reportOf(pages, browser);
    reports["made by Vite"] = await reportOf(pages, browser);
    // Each page has its time, and so has what is built before.
  }, 4 * PAGE_MS);

  afterAll(async () => {
    await Promise.all(browsers.map((opened) => opened.close()));
    await Promise.all([pages?.close(), models?.close(), strangers?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  it("Vite has nothing to say against it", () => {
    expect(complaints).toEqual([]);
  });

  describe.each(["plain files", "made by Vite"])("%s", (page) => {
    const factsOf = (check: string): unknown => {
      const result = reports[page]?.results[check];
      if (result === undefined) throw new Error(`The page did not come to \`${check}\``);
      if ("error" in result) throw new Error(result.error);
      return result.value;
    };

    it("nothing goes wrong that nobody waits for", () => {
      expect(reports[page]?.errors).toEqual([]);
    });

    it("every entry but `harn/node` loads, without anything of Node", () => {
      const { exports } = JSON.parse(readFileSync(join(folder, "node_modules/harn/package.json"), "utf8")) as {
        exports: Record<string, unknown>;
      };
      const names = Object.keys(exports).map((entry) => (entry === "." ? "harn" : entry.slice(2)));
      expect(factsOf("entries")).toEqual({
        names: names.filter((name) => name !== "node").sort(),
        empty: [],
        shims: [],
      });
    });

    it.each(["program", "worker"])("a Harn program prints what it prints on Node (%s)", (where) => {
      expect(onNode).toMatchObject({ status: "ok" });
      expect(onNode.output).toContain("too late: Deadline exceeded\n");
      expect(factsOf(where)).toEqual(onNode);
    });

    it.each(["openai", "anthropic"])("an answer of %s is streamed from another origin", (provider) => {
      expect(factsOf(`stream ${provider}`)).toEqual({ text: LEFT.text, pieces: 2, usage: { in: 12, out: 9 } });
    });

    it("an agent that is aborted in its answer leaves the server alone and a history to go on with", () => {
      expect(factsOf("aborted agent")).toEqual({
        status: "interrupt",
        tools: ["stock"],
        seen: "Three lamps are le",
        left: "left",
        next: { status: "done", text: "Gone on." },
      });
    });

    it("a run is recorded, and played back without the world", () => {
      const { recorded, replayed } = factsOf("journal") as Readonly<Record<string, { status: string; output: string }>>;
      expect(recorded?.status).toBe("ok");
      expect(recorded?.output).toContain(`${LEFT.text}\n`);
      expect(replayed).toEqual(recorded);
    });

    it("so are the calls of a TypeScript program", () => {
      const { recorded, replayed } = factsOf("journal of calls") as Readonly<Record<string, string>>;
      expect(recorded).toMatch(/^Three lamps are left, and no chair\. advice_[0-9a-f]{32}$/);
      expect(replayed).toBe(recorded);
    });

    it("the host does what a page can do, and says what it cannot", () => {
      expect(factsOf("effects")).toEqual({
        environment: "page",
        platform: "web",
        page: "hello",
        unpacked: true,
        isSmaller: true,
        verified: true,
        nobody: "other",
        strangers: "other",
        redirect: "unsupported",
        bomb: "invalid_input",
        process: "unsupported",
        read: "not_found",
        write: "unsupported",
      });
    });
  });

  it("every request could be sent to the real provider, those after the abort too", () => {
    const broken = models.requests.flatMap(({ path, body }) =>
      brokenProviderRules(path.includes("/messages") ? "anthropic" : "openai-chat", body),
    );
    expect(broken).toEqual([]);
    expect(models.requests).toHaveLength(14);
    const goneOn = JSON.stringify(models.requests[4]?.body);
    for (const kept of ["How many lamps?", "tool_use", "tool_result", "Go on"]) expect(goneOn).toContain(kept);
    // LOOP-64: a step that is cancelled leaves nothing.
    expect(goneOn).not.toContain("Three lamps");
  });

  it("tells what a page loads", { timeout: PAGE_MS }, async () => {
    const text = `export { createWebHost } from "harn/web"; export { createLlm } from "harn/llm";`;
    const sizes = {
      "harn/llm and harn/web": loadedKilobytes(await buildScript(project, text)),
      everything: loadedKilobytes(join(folder, "bundled")),
    };
    for (const [what, kilobytes] of Object.entries(sizes)) {
      console.log(`A page with ${what} loads ${kilobytes} kB (minified, compressed)`);
      expect(kilobytes).toBeGreaterThan(1);
    }
  });

  it("leaves neither processes nor files behind", { timeout: PAGE_MS }, async () => {
    await browser.close();
    expect(existsSync(browser.folder)).toBe(false);
    await expect.poll(() => processesOf(browser), { timeout: 20_000 }).toEqual([]);
  });

  it("ends by itself when whoever opened it has died", { timeout: PAGE_MS }, async () => {
    const other = openPage(`${pages.url}/hello`);
    other.abandon();
    await other.exited;
    await expect.poll(() => processesOf(other), { timeout: 20_000 }).toEqual([]);
    await other.close();
    expect(existsSync(other.folder)).toBe(false);
  });
});

/** The report of a page, or why there will be none. */
async function reportOf(pages: PageServer, browser: Browser): Promise<PageReport> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The page has not reported for ${PAGE_MS} ms`)), PAGE_MS);
  });
  const over = browser.exited.then((said) => {
    throw new Error(`The browser ended before the page had reported; it said:\n${said}`);
  });
  try {
    return await Promise.race([pages.nextReport(), over, tooLate]);
  } finally {
    clearTimeout(timer);
    over.catch(() => {});
  }
}

/** Command lines of processes that work for a browser; on systems that show them as files. */
function processesOf({ folder }: Browser): readonly string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .filter((line) => line.includes(folder));
}

async function unusedUrl(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}/`;
}

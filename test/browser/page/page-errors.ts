/** What goes wrong in the page without anybody waiting for it. Loaded first, so that it sees the others fail. */

import type { PageReport } from "../page-report.ts";

/** Errors nobody caught, what was written to the console as an error, and what the content policy forbade. */
export const pageErrors: string[] = [];

const words = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

addEventListener(
  "error",
  (event) => {
    const { target } = event;
    if (target instanceof HTMLScriptElement) {
      // What tells how it went is what is missing.
      pageErrors.push(`Could not load ${target.src}`);
      void sendReport({ errors: pageErrors, results: {} });
    } else pageErrors.push(words(event.error ?? event.message));
  },
  true,
);
addEventListener("unhandledrejection", (event) => pageErrors.push(`Unhandled: ${words(event.reason)}`));
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
  pageErrors.push(`The policy forbids ${violatedDirective} ${blockedURI} (${sourceFile}:${lineNumber})`),
);
const { error } = console;
console.error = (...args: unknown[]) => {
  pageErrors.push(args.map(words).join(" "));
  error(...args);
};

/** Hands the report to whoever opened the page, who may have another page to open. */
export async function sendReport(report: PageReport): Promise<void> {
  const answer = await fetch("/report", { method: "POST", body: JSON.stringify(report) });
  const { next } = (await answer.json()) as { readonly next?: string };
  if (next !== undefined) location.href = next;
}

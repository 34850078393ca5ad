import { existsSync, readFileSync } from "node:fs";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

/** The version of the package that the running code belongs to, wherever in it that code lies. */
export function packageVersion(): string {
  for (let folder = new URL(".", import.meta.url); ; folder = new URL("..", folder)) {
    const path = new URL("package.json", folder);
    if (existsSync(path)) {
      const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
      const version = typeof parsed === "object" && parsed !== null && "version" in parsed ? parsed.version : undefined;
      if (typeof version === "string") return version;
    }
    if (folder.pathname === "/") return "unknown";
  }
}

export async function versionCommand(context: CliContext, options: { readonly json?: boolean }): Promise<number> {
  const version = packageVersion();
  if (options.json) context.outJson({ harn: version, node: process.versions.node, platform: process.platform });
  else context.out(`harn ${version}\n`);
  return exitCodes.ok;
}

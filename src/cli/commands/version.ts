import { readFileSync } from "node:fs";
import type { CliContext } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";

/** The version of the package, read from beside the code that runs. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  const parsed: unknown = JSON.parse(text);
  const version = typeof parsed === "object" && parsed !== null && "version" in parsed ? parsed.version : undefined;
  return typeof version === "string" ? version : "unknown";
}

export async function versionCommand(context: CliContext, options: { readonly json?: boolean }): Promise<number> {
  const version = packageVersion();
  if (options.json) context.outJson({ harn: version, node: process.versions.node, platform: process.platform });
  else context.out(`harn ${version}\n`);
  return exitCodes.ok;
}

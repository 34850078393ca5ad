/** Where configuration comes from (CONF-06): a file of the user, tables of packages, the table of the project. */

import { HarnError, type Host, HostError } from "../../base/index.ts";
import { type CatalogConfig, decodeCatalogConfig } from "./catalog-config.ts";

export interface CatalogSources {
  /** Turns the text of a TOML file into values. */
  readonly parseToml: (text: string) => unknown;
  /** `[llm]` tables of packages, in the order of their precedence, the last one wins. */
  readonly packageTables?: readonly unknown[];
  /** `[llm]` table of the project. */
  readonly projectTable?: unknown;
}

/**
 * The layers over the built-in catalogue, later ones win: the file that `HARN_PROVIDERS_CONFIG` names, or else the user's
 * `~/.config/harn/providers.toml` when there is one; then packages; then the project.
 * Throws code `llm.config` when a file that was named cannot be read, or a file or table is malformed.
 */
export async function loadCatalogLayers(host: Host, sources: CatalogSources): Promise<readonly CatalogConfig[]> {
  const layers: CatalogConfig[] = [];
  const file = await readProvidersFile(host);
  if (file) layers.push(decode(file.path, () => sources.parseToml(file.text)));
  for (const [at, table] of (sources.packageTables ?? []).entries())
    layers.push(decode(`package table ${at + 1}`, () => table));
  const { projectTable } = sources;
  if (projectTable !== undefined) layers.push(decode("the project's [llm] table", () => projectTable));
  return layers;
}

async function readProvidersFile(host: Host): Promise<{ readonly path: string; readonly text: string } | undefined> {
  const named = host.sync("env.get", { name: "HARN_PROVIDERS_CONFIG" })?.trim();
  const path = named || `${host.sync("system.info", {}).home}/.config/harn/providers.toml`;
  try {
    return { path, text: new TextDecoder().decode(await host.perform("fs.read", { path })) };
  } catch (error) {
    // Only a file that somebody asked for must be there.
    if (!named && error instanceof HostError && error.kind === "not_found") return undefined;
    throw new HarnError("llm.config", `Cannot read provider configuration ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function decode(where: string, value: () => unknown): CatalogConfig {
  try {
    return decodeCatalogConfig(value());
  } catch (error) {
    throw new HarnError("llm.config", `Provider configuration in ${where}: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Where a template lies. `@/x` counts from the project's root, `@name/x` from a folder that its manifest names under
 * `[asset_roots]`; anything else from the folder of the file that asks. The first two cannot leave the project.
 */

import { parse as parseToml } from "smol-toml";
import type { Host } from "../../base/index.ts";
import { decodeUtf8 } from "../arguments.ts";
import { joinPath, resolvePath } from "../paths/path-text.ts";
import { findProjectRoot, MANIFEST } from "../paths/places.ts";

export type AssetPath = { readonly path: string; readonly isPackagePath: boolean } | { readonly message: string };

/** @param folder that of the file with the call or the include */
export async function resolveAsset(host: Host, path: string, folder: string): Promise<AssetPath> {
  const reference = /^@([^/]*)\/(.*)$/s.exec(path);
  if (reference === null) return { path: resolvePath(folder, path), isPackagePath: false };
  const [, alias = "", rest = ""] = reference;
  const root = await findProjectRoot(host, folder);
  if (root === undefined) {
    return { message: `package-root prompt path '${path}' has no project root: no harn.toml found above ${folder}` };
  }
  if (!isInside(rest)) {
    return { message: alias === "" ? `invalid project-root asset path '${path}'` : `invalid asset path '${path}'` };
  }
  if (alias === "") return { path: joinPath([root, rest]), isPackagePath: true };

  const manifest = joinPath([root, MANIFEST]);
  const aliasFolder = await readAlias(host, manifest, alias);
  if (aliasFolder === undefined) {
    return { message: `asset alias '${alias}' is not defined in [asset_roots] of ${manifest}` };
  }
  if (!isInside(aliasFolder)) {
    return {
      message: `asset alias '${alias}' resolves to an unsafe path '${aliasFolder}' (must be a project-relative directory without \`..\` segments)`,
    };
  }
  return { path: joinPath([root, aliasFolder, rest]), isPackagePath: true };
}

/** A relative path of at least one name that never goes up. */
function isInside(path: string): boolean {
  if (path.includes("\\") || path.startsWith("/")) return false;
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  return names.length > 0 && !names.includes("..");
}

async function readAlias(host: Host, manifest: string, alias: string): Promise<string | undefined> {
  const bytes = await host.perform("fs.read", { path: manifest }).catch(() => undefined);
  const text = bytes === undefined ? undefined : decodeUtf8(bytes);
  if (text === undefined) return undefined;
  try {
    const roots: unknown = parseToml(text)["asset_roots"];
    if (typeof roots !== "object" || roots === null || !Object.hasOwn(roots, alias)) return undefined;
    const found: unknown = (roots as Record<string, unknown>)[alias];
    return typeof found === "string" ? found : undefined;
  } catch {
    return undefined;
  }
}

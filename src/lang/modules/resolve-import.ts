/**
 * From the text of an import to a module (§6.6): `std/…` from the standard library, else a file beside the importing one,
 * with or without `.harn`, else a package under `.harn/packages` of this folder or one around it, up to the folder that
 * holds `.git`. In a package, `name/path` is a file or a folder with a `lib.harn`, or what `[exports]` of its `harn.toml`
 * says about `path`.
 */

import { foldersUpwards, hasExtension, joinPath, normalizePath } from "./module-path.ts";
import type { ModuleReader } from "./module-reader.ts";
import { readPackageExports } from "./package-exports.ts";

export type Resolution =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "std"; readonly name: string }
  /** `tried` in the order of trying, for the message. */
  | { readonly kind: "missing"; readonly tried: readonly string[] };

export interface ResolveOptions {
  readonly reader: ModuleReader;
  /** Looked into before the folders that surround the file. */
  readonly packageRoots: readonly string[];
}

const STD = "std/";

export async function resolveImport(folder: string, path: string, options: ResolveOptions): Promise<Resolution> {
  if (path.startsWith(STD)) return { kind: "std", name: path.slice(STD.length) };
  const { reader } = options;
  const beside = joinPath(folder, path);
  const tried = hasExtension(beside) ? [beside] : [beside, `${beside}.harn`];
  for (const candidate of tried) {
    if ((await reader.kindOf(candidate)) === "file") return { kind: "file", path: candidate };
  }
  const relative = packagePath(path);
  if (relative !== undefined) {
    for (const root of await packageRoots(folder, options)) {
      const found = await resolveInPackages(reader, root, relative);
      if (found !== undefined) return { kind: "file", path: found };
      tried.push(joinPath(root, relative));
    }
  }
  return { kind: "missing", tried };
}

/** What may name something in a package: no way out of it. */
function packagePath(path: string): string | undefined {
  if (path === "" || path.startsWith("/") || path.includes("\\") || path.split("/").includes("..")) return undefined;
  const normalized = normalizePath(path);
  return normalized === "." ? undefined : normalized;
}

async function packageRoots(folder: string, { reader, packageRoots: given }: ResolveOptions): Promise<string[]> {
  const roots: string[] = [...given];
  for (const anchor of foldersUpwards(folder)) {
    const root = joinPath(anchor, ".harn/packages");
    if ((await reader.kindOf(root)) === "directory") roots.push(root);
    if ((await reader.kindOf(joinPath(anchor, ".git"))) !== "missing") break;
  }
  return roots;
}

async function resolveInPackages(reader: ModuleReader, root: string, path: string): Promise<string | undefined> {
  const [name = "", ...rest] = path.split("/");
  const packageRoot = joinPath(root, name);
  const direct = await packageFile(reader, packageRoot, joinPath(root, path));
  if (direct !== undefined || rest.length === 0) return direct;
  const manifest = await reader.read(joinPath(packageRoot, "harn.toml"));
  if (manifest.kind !== "text") return undefined;
  const target = packagePath(readPackageExports(manifest.text).get(rest.join("/")) ?? "");
  return target === undefined ? undefined : packageFile(reader, packageRoot, joinPath(packageRoot, target));
}

async function packageFile(reader: ModuleReader, packageRoot: string, path: string): Promise<string | undefined> {
  const kind = await reader.kindOf(path);
  const candidate =
    kind === "file"
      ? path
      : kind === "directory"
        ? joinPath(path, "lib.harn")
        : hasExtension(path)
          ? undefined
          : `${path}.harn`;
  if (candidate === undefined || (await reader.kindOf(candidate)) !== "file") return undefined;
  if (reader.canonical === undefined) return candidate;
  const [real, realRoot] = [await reader.canonical(candidate), await reader.canonical(packageRoot)];
  return real.startsWith(`${realRoot}/`) ? candidate : undefined;
}

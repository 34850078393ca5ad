/**
 * Paths as text, the same on every platform: both slashes separate, the result has forward ones. Nothing here looks at
 * the file system.
 */

export interface PathParts {
  readonly absolute: boolean;
  /** `C:`, when there is one. */
  readonly drive: string;
  readonly segments: readonly string[];
}

export function toPosix(path: string): string {
  return path.replaceAll("\\", "/");
}

/** `/a` or `C:/a`; `C:a` counts from the drive's current folder and is relative. */
export function isAbsolute(path: string): boolean {
  return /^(\/|[A-Za-z]:\/)/.test(toPosix(path));
}

export function splitPath(path: string): PathParts {
  const posix = toPosix(path);
  const drive = /^[A-Za-z]:/.test(posix) ? posix.slice(0, 2) : "";
  const rest = posix.slice(drive.length);
  return { absolute: rest.startsWith("/"), drive, segments: rest.split("/").filter((segment) => segment !== "") };
}

function assemble({ absolute, drive, segments }: PathParts): string {
  return `${drive}${absolute ? "/" : ""}${segments.join("/")}`;
}

/** Without `.`, `..` and doubled slashes as far as the text tells; `..` above the root is dropped. Nothing is `.`. */
export function normalizePath(path: string): string {
  if (path === "") return "";
  const { absolute, drive, segments } = splitPath(path);
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === ".") continue;
    if (segment !== "..") kept.push(segment);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!absolute) kept.push("..");
  }
  return assemble({ absolute, drive, segments: kept }) || ".";
}

export function baseName(path: string): string {
  return splitPath(path).segments.at(-1) ?? "";
}

/** Empty for a single relative name; `/` for the root and what lies in it. */
export function parentPath(path: string): string {
  const parts = splitPath(path);
  if (parts.segments.length <= 1 && !parts.absolute) return "";
  return assemble({ ...parts, segments: parts.segments.slice(0, -1) });
}

/** With its dot. A name that starts with its only dot has none. */
export function extensionOf(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot);
}

export function stemOf(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? name : name.slice(0, dot);
}

function inFolder(folder: string, name: string): string {
  if (folder === "" || folder.endsWith("/")) return `${folder}${name}`;
  return `${folder}/${name}`;
}

export function withExtension(path: string, extension: string): string {
  const dotted = extension === "" || extension.startsWith(".") ? extension : `.${extension}`;
  return inFolder(parentPath(path), `${stemOf(path)}${dotted}`);
}

export function withStem(path: string, stem: string): string {
  return inFolder(parentPath(path), `${stem}${extensionOf(path)}`);
}

/** The way from a folder to a path; undefined when there is none (another drive, absolute against relative). */
export function relativePath(path: string, base: string): string | undefined {
  const target = splitPath(normalizePath(path));
  const from = splitPath(normalizePath(base));
  if (target.absolute !== from.absolute || target.drive !== from.drive) return undefined;
  let common = 0;
  while (common < from.segments.length && target.segments[common] === from.segments[common]) {
    if (target.segments[common] === undefined) break;
    common += 1;
  }
  const up = from.segments.slice(common).map(() => "..");
  return [...up, ...target.segments.slice(common)].join("/") || ".";
}

/** Each part lies in the one before; an absolute part starts anew; an empty last part leaves a slash at the end. */
export function joinPath(parts: readonly string[]): string {
  let path = "";
  for (const part of parts) {
    if (isAbsolute(part)) path = part;
    else path = path === "" || /[/\\]$/.test(path) ? `${path}${part}` : `${path}/${part}`;
  }
  return path;
}

/** A path as given, or counted from a folder. */
export function resolvePath(folder: string, path: string): string {
  return path === "." ? folder : joinPath([folder, path]);
}

/** Leads out of the folder it counts from. Expects a normalized path. */
export function escapes(path: string): boolean {
  return path === ".." || path.startsWith("../");
}

/**
 * Paths as text, with `/` between the parts, relative or absolute, a drive letter allowed. Nothing here looks at a disk.
 */

/** Without `.` and with `..` resolved as far as the text allows; `.` for nothing. Backslashes become slashes. */
export function normalizePath(path: string): string {
  const slashed = path.replaceAll("\\", "/");
  const root = rootOf(slashed);
  const parts: string[] = [];
  for (const part of slashed.slice(root.length).split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (part !== ".." || root === "") parts.push(part);
  }
  return root + parts.join("/") || ".";
}

export function joinPath(folder: string, path: string): string {
  return normalizePath(isAbsolutePath(path) ? path : `${folder}/${path}`);
}

export function isAbsolutePath(path: string): boolean {
  return rootOf(path.replaceAll("\\", "/")) !== "";
}

/** The folder of a normalized path; a root is its own. */
export function folderOf(path: string): string {
  const root = rootOf(path);
  const slash = path.lastIndexOf("/");
  if (slash < root.length)
    return root === "" ? (path === "." || path.startsWith("..") ? joinPath(path, "..") : ".") : root;
  return path.slice(0, slash);
}

/** A folder and the ones around it, innermost first. A relative path ends at `.`, which is as far as it can tell. */
export function foldersUpwards(folder: string): string[] {
  const folders = [normalizePath(folder)];
  while (true) {
    const current = folders.at(-1)!;
    const parent = folderOf(current);
    if (parent === current || current === "." || /^\.\.(\/\.\.)*$/.test(current)) return folders;
    folders.push(parent);
  }
}

export function hasExtension(path: string): boolean {
  return /[^/]\.[^./]*$/.test(path);
}

/** `/`, `C:/` or nothing. */
function rootOf(path: string): string {
  return /^(?:[A-Za-z]:)?\//.exec(path)?.[0] ?? "";
}

/** Parts of a slash-separated path, as text: nothing is looked up. */

/** Without slashes at the end and single dots inside; "" for the root. */
function components(path: string): { readonly root: string; readonly names: string[] } {
  const root = path.startsWith("/") ? "/" : "";
  const names = path.split("/").filter((name, index) => name !== "" && !(name === "." && (index > 0 || root !== "")));
  return { root, names };
}

/** The folder part; "" for a bare name and for the root. */
export function dirname(path: string): string {
  const { root, names } = components(path);
  return names.length === 0 ? "" : root + names.slice(0, -1).join("/");
}

/** The last name; "" when the path ends in `..` or has none. */
export function basename(path: string): string {
  const last = components(path).names.at(-1);
  return last === undefined || last === ".." || last === "." ? "" : last;
}

/** With its dot; "" for names without one and for dot files. */
export function extname(path: string): string {
  const name = basename(path);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot);
}

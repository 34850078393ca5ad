/** Which cases a `--filter` means: `re:<pattern>`, or alternatives with `|`, each a substring or a glob with `*` and `?`. */

/** Throws a `SyntaxError` when the pattern after `re:` is no regular expression. */
export function compileFilter(filter: string): (name: string) => boolean {
  if (filter.startsWith("re:")) {
    const pattern = new RegExp(filter.slice("re:".length), "u");
    return (name) => pattern.test(name);
  }
  const alternatives = filter
    .split("|")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const tests = alternatives.map((part) => {
    if (!/[*?]/.test(part)) return (name: string) => name.includes(part);
    const source = part
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    const pattern = new RegExp(`^${source}$`, "su");
    return (name: string) => pattern.test(name);
  });
  return (name) => tests.length === 0 || tests.some((test) => test(name));
}

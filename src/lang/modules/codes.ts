/** Codes of the module graph. `HARN-N1xx` are about imports; names inside a file are the checker's. */

import type { CodeTable } from "../diagnostics/codes.ts";

export type ModuleCode =
  | "HARN-N101"
  | "HARN-N102"
  | "HARN-N103"
  | "HARN-N104"
  | "HARN-N105"
  | "HARN-N106"
  | "HARN-N107"
  | "HARN-N108"
  | "HARN-N109";

export const MODULE_CODES: CodeTable = [
  {
    code: "HARN-N101",
    severity: "error",
    title: "Module not found",
    explanation:
      "An import names a file beside the importing one, with or without `.harn`, or a package under `.harn/packages`. The hint lists the places that were tried.",
    bad: 'import "helpers_that_do_not_exist"\n',
    fixed: 'import "std/text"\n',
  },
  {
    code: "HARN-N102",
    severity: "error",
    title: "Unknown standard library module",
    explanation: "Paths that begin with `std/` belong to the standard library.",
    bad: 'import "std/txet"\n',
    fixed: 'import "std/text"\n',
  },
  {
    code: "HARN-N103",
    severity: "error",
    title: "Module cannot be read",
    explanation:
      "The file is there but could not be read as text: it is a folder, access is denied, or it is not UTF-8.",
    bad: '// logo.harn holds a picture\nimport "logo"\n',
    fixed: 'import "lib/helpers"\n',
    files: { "lib/helpers.harn": "pub fn help() {\n}\n" },
    makeBad: () => ({ text: 'import "logo"\n', files: { "logo.harn": Uint8Array.of(0xff, 0xd8, 0xff, 0xe0) } }),
  },
  {
    code: "HARN-N104",
    severity: "error",
    title: "Imported name does not exist",
    explanation: "A selective import lists a name that the module neither declares nor re-exports.",
    bad: 'import { int_to_strin } from "std/text"\n',
    fixed: 'import { int_to_string } from "std/text"\n',
  },
  {
    code: "HARN-N105",
    severity: "error",
    title: "Import collision",
    explanation:
      "Two imports bring different functions of the same name. Import one of the modules selectively, without the name you do not need.",
    bad: 'import "left"\nimport "right"\n',
    fixed: 'import "left"\nimport { other } from "right"\n',
    files: {
      "left.harn": "pub fn pick() {\n}\n",
      "right.harn": "pub fn pick() {\n}\npub fn other() {\n}\n",
    },
  },
  {
    code: "HARN-N106",
    severity: "error",
    title: "Re-export collision",
    explanation:
      "A module re-exports a name that it also declares, so that importers could not tell which one they get. Rename the declaration, or re-export selectively without the name.",
    bad: 'pub import "left"\n\npub fn pick() {\n}\n',
    fixed: 'pub import { other } from "left"\n\npub fn pick() {\n}\n',
    files: { "left.harn": "pub fn pick() {\n}\npub fn other() {\n}\n" },
  },
  {
    code: "HARN-N107",
    severity: "warning",
    title: "Import cycle",
    explanation:
      "Modules that import each other in a circle see each other's functions, but top-level values of the one that starts last are not there yet. Move what both need to a third module.",
    bad: 'import "ring"\n\npub fn count() {\n  return 3\n}\n',
    fixed: "pub fn count() {\n  return 3\n}\n",
    files: { "ring.harn": 'import "main"\n\npub fn twice() {\n  return count() * 2\n}\n' },
  },
  {
    code: "HARN-N108",
    severity: "error",
    title: "Too many modules",
    explanation:
      "More than 10000 modules were reached, which in practice means a link that leads back to its own folder.",
    bad: '// The first of ten thousand files, each of which imports the next\nimport "m1"\n',
    fixed: 'import "std/text"\n',
    makeBad: () => ({
      text: 'import "m1"\n',
      files: Object.fromEntries(
        Array.from({ length: 10_001 }, (_, index) => [`m${index + 1}.harn`, `import "m${index + 2}"\n`]),
      ),
    }),
  },
  {
    code: "HARN-N109",
    severity: "error",
    title: "Malformed hook in harn.toml",
    explanation:
      'A `[[hooks]]` entry needs an `event` that hooks can be asked about and a `handler = "module::function"`; its `pattern` is a string.',
    file: "harn.toml",
    bad: '[[hooks]]\nevent = "PreToolUse"\nhandler = "approve"\n',
    fixed: '[[hooks]]\nevent = "PreToolUse"\nhandler = "lib/hooks::approve"\n',
    files: { "main.harn": "log(1)\n", "lib/hooks.harn": "pub fn approve(event) {\n  return nil\n}\n" },
  },
];

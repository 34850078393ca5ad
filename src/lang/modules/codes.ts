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
  },
  {
    code: "HARN-N104",
    severity: "error",
    title: "Imported name does not exist",
    explanation: "A selective import lists a name that the module neither declares nor re-exports.",
    bad: 'import { trimm } from "std/text"\n',
    fixed: 'import { trim } from "std/text"\n',
  },
  {
    code: "HARN-N105",
    severity: "error",
    title: "Import collision",
    explanation:
      "Two imports bring different functions of the same name. Import one of the modules selectively, without the name you do not need.",
  },
  {
    code: "HARN-N106",
    severity: "error",
    title: "Re-export collision",
    explanation:
      "A module offers two different things under one name: two re-exports, or a re-export and a declaration of its own.",
  },
  {
    code: "HARN-N107",
    severity: "warning",
    title: "Import cycle",
    explanation:
      "Modules that import each other in a circle see each other's functions, but top-level values of the one that starts last are not there yet. Move what both need to a third module.",
  },
  {
    code: "HARN-N108",
    severity: "error",
    title: "Too many modules",
    explanation:
      "More than 10000 modules were reached, which in practice means a link that leads back to its own folder.",
  },
  {
    code: "HARN-N109",
    severity: "error",
    title: "Malformed hook in harn.toml",
    explanation:
      'A `[[hooks]]` entry needs an `event` that hooks can be asked about and a `handler = "module::function"`; its `pattern` is a string.',
  },
];

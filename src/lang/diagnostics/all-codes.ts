/** Every code of every area, in the order of the pages. */

import { CHECK_CODES } from "../check/codes.ts";
import { COMPILE_CODES } from "../compile/codes.ts";
import { LINT_CODES } from "../lint/codes.ts";
import { MODULE_CODES } from "../modules/codes.ts";
import { PARSE_CODES } from "../syntax/codes.ts";
import type { CodeTable } from "./codes.ts";

/** Syntax, names, types, compiling, lint: as a file goes through them. */
const AREAS = "PNTCL";

export const allCodes: CodeTable = [
  ...PARSE_CODES,
  ...MODULE_CODES,
  ...CHECK_CODES,
  ...COMPILE_CODES,
  ...LINT_CODES,
].sort((a, b) => order(a.code) - order(b.code) || (a.code < b.code ? -1 : 1));

function order(code: string): number {
  return AREAS.indexOf(code.charAt("HARN-".length));
}

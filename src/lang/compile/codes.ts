/**
 * The compiler's codes: what the grammar allows and the checker passes, and no code can be made of. `HARN-C004` was never
 * given: the parser refuses what it was meant for.
 */

import type { CodeTable } from "../diagnostics/codes.ts";

export const COMPILE_CODES: CodeTable = [
  {
    code: "HARN-C001",
    severity: "error",
    title: "break or continue outside a loop",
    explanation:
      "`break` and `continue` belong to the `for` or `while` around them in the same function. A closure inside a loop is a function of its own: use `return` there.",
    bad: "fn first(items) {\n  break\n}\n",
    fixed: "fn first(items) {\n  for item in items {\n    break\n  }\n}\n",
  },
  {
    code: "HARN-C002",
    severity: "error",
    title: "Target of an assignment that holds nothing",
    explanation:
      "Only a variable, and a field or item of a variable's value, can be assigned to. What a call returns is nobody's, and a change of it would be lost.",
    bad: "fn settings() {\n  return {debug: false}\n}\nsettings().debug = true\n",
    fixed: "fn settings() {\n  return {debug: false}\n}\nvar mine = settings()\nmine.debug = true\n",
  },
  {
    code: "HARN-C003",
    severity: "error",
    title: "try* outside a function, in unchecked code",
    explanation:
      "What HARN-T018 says, for code that is compiled without being checked: `try*` rethrows to the caller of the enclosing function, and the top level of a file has none.",
    bad: 'let text = try* read_file("a.txt")\n',
    fixed: 'fn load() {\n  let text = try* read_file("a.txt")\n  return text\n}\n',
  },
  {
    code: "HARN-C005",
    severity: "error",
    title: "Registration of something that is not a function",
    explanation: "`@acp_tool` and `@acp_skill` hand a function to the host; nothing else can be called from there.",
    bad: "@acp_tool\nstruct Query {\n  text: string\n}\n",
    fixed: "@acp_tool\nfn query(text: string) {\n}\n",
  },
];

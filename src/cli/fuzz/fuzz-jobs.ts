/** What `harn fuzz` and its child processes say to each other. */

import type { Complaint, FuzzCasesResult, FuzzInput, FuzzTargetName } from "../../testing/index.ts";

export type FuzzJob =
  | {
      readonly kind: "cases";
      readonly target: FuzzTargetName;
      /** Of the first case; each further one has the next. */
      readonly seed: number;
      readonly count: number;
      /** Milliseconds after which no further case is begun. */
      readonly budgetMs: number;
      /** Signatures not to tell again. */
      readonly known: readonly string[];
    }
  | { readonly kind: "input"; readonly target: FuzzTargetName; readonly seed: number }
  | { readonly kind: "judge"; readonly target: FuzzTargetName; readonly input: FuzzInput };

export type FuzzAnswer =
  | { readonly status: "cases"; readonly result: FuzzCasesResult }
  | { readonly status: "input"; readonly input: FuzzInput }
  | { readonly status: "judged"; readonly complaint?: Complaint };

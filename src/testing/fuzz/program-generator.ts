/** Random programs for the fuzz tests of parser, formatter, checker, compiler and VM. A seed always gives the same text. */

import { constructProgram } from "./construct-program.ts";
import { grammarProgram } from "./grammar-program.ts";
import { lintableProgram } from "./lintable-program.ts";
import { createRandomSource } from "./random-source.ts";
import { runnableProgram } from "./runnable-program.ts";

export interface ProgramOptions {
  readonly seed: number;
  /**
   * `grammar` uses every construct in every place but means nothing, `runnable` runs to its end without I/O (it prints)
   * and prints the same each time, `constructs` does so with tasks,
   * streams and declarations of every kind, `lintable` runs and gives the lint rules something to mend. Default `grammar`.
   */
  readonly kind?: "grammar" | "runnable" | "constructs" | "lintable";
  /** About how many top-level items or statements. Default 6. */
  readonly size?: number;
}

/** The text of a program that parses without diagnostics. */
export function generateProgram({ seed, kind = "grammar", size = 6 }: ProgramOptions): string {
  const random = createRandomSource(seed);
  switch (kind) {
    case "grammar":
      return grammarProgram(random, size);
    case "runnable":
      return runnableProgram(random, size);
    case "constructs":
      return constructProgram(random, size);
    case "lintable":
      return lintableProgram(random, size);
  }
}

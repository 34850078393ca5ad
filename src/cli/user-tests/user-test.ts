/** The vocabulary of `harn test`. */

/** A pipeline named `test_…` or marked `@test`, or a recording that is replayed. */
export interface UserTest {
  /** As the user would write the path. */
  readonly file: string;
  readonly name: string;
  readonly kind: "pipeline" | "recording";
}

export interface UserTestResult {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  /** Milliseconds. */
  readonly durationMs: number;
  /** What the test printed. */
  readonly output: string;
  /** Why it failed, several lines. */
  readonly reason?: string;
  /** Where it failed: the innermost place in a file of the program. */
  readonly place?: { readonly file: string; readonly line: number };
}

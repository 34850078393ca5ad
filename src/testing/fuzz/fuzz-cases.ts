/** Runs fuzz cases one after the other. A case is a target and a seed: the same two always give the same input. */

import type { Complaint } from "./complaints.ts";
import type { FuzzInput, FuzzTarget, FuzzTargetName, InputKind } from "./fuzz-targets.ts";
import { minimize } from "./minimize.ts";
import { createRandomSource } from "./random-source.ts";

export interface FuzzFinding extends Complaint {
  readonly target: FuzzTargetName;
  readonly seed: number;
  readonly kind: InputKind;
  /** Made small. */
  readonly input: string;
}

export interface FuzzCasesOptions {
  /** The first seed; each further case has the next. */
  readonly seed: number;
  readonly count: number;
  /** Asked before each case; false ends the series early. */
  readonly goOn?: () => boolean;
  /** Signatures of faults that are known and not told again. */
  readonly known?: ReadonlySet<string>;
}

export interface FuzzCasesResult {
  /** Cases that were run. */
  readonly ran: number;
  readonly findings: readonly FuzzFinding[];
  /** Faults that are known, or were found before in this series. */
  readonly repeated: number;
}

export async function runFuzzCases(target: FuzzTarget, options: FuzzCasesOptions): Promise<FuzzCasesResult> {
  const { seed, count, goOn = () => true, known } = options;
  const seen = new Set(known);
  const findings: FuzzFinding[] = [];
  let ran = 0;
  let repeated = 0;
  for (; ran < count && goOn(); ran++) {
    const input = fuzzInput(target, seed + ran);
    const complaint = await target.judge(input);
    if (complaint === undefined) continue;
    if (seen.has(complaint.signature)) {
      repeated++;
      continue;
    }
    seen.add(complaint.signature);
    findings.push(await smallFinding(target, seed + ran, input, complaint));
  }
  return { ran, findings, repeated };
}

export function fuzzInput(target: FuzzTarget, seed: number): FuzzInput {
  return target.make(createRandomSource(seed));
}

async function smallFinding(
  target: FuzzTarget,
  seed: number,
  input: FuzzInput,
  found: Complaint,
): Promise<FuzzFinding> {
  const head = { target: target.name, seed, kind: input.kind };
  if (found.isAboutSoundness) return { ...found, ...head, input: input.text };
  let complaint = found;
  const small = await minimize(input.text, {
    async fails(text) {
      const again = await target.judge({ kind: input.kind, text });
      if (again?.signature !== found.signature) return false;
      complaint = again;
      return true;
    },
  });
  return { ...complaint, ...head, input: small };
}

/** All rules, in the order of their codes. */

import type { LintRule } from "./lint-rule.ts";
import { assertOutsideTest } from "./rules/assert-outside-test.ts";
import { breakOutsideLoop } from "./rules/break-outside-loop.ts";
import { comparisonToBool } from "./rules/comparison-to-bool.ts";
import { cyclomaticComplexity } from "./rules/cyclomatic-complexity.ts";
import { deadCodeAfterReturn } from "./rules/dead-code-after-return.ts";
import { deprecatedCall } from "./rules/deprecated-call.ts";
import { duplicateDictKey } from "./rules/duplicate-dict-key.ts";
import { duplicateMatchArm } from "./rules/duplicate-match-arm.ts";
import { emptyBlock } from "./rules/empty-block.ts";
import { invalidBinaryOpLiteral } from "./rules/invalid-binary-op-literal.ts";
import { legacyDocComment } from "./rules/legacy-doc-comment.ts";
import { letThenReturn } from "./rules/let-then-return.ts";
import { missingHarndoc } from "./rules/missing-harndoc.ts";
import { mutableNeverReassigned } from "./rules/mutable-never-reassigned.ts";
import { namingConvention } from "./rules/naming-convention.ts";
import { needlessBool } from "./rules/needless-bool.ts";
import { personaHookTarget } from "./rules/persona-hook-target.ts";
import { personaStepOnly } from "./rules/persona-step-only.ts";
import { pipelineReturnType } from "./rules/pipeline-return-type.ts";
import { pointlessComparison } from "./rules/pointless-comparison.ts";
import { promptInjectionRisk } from "./rules/prompt-injection-risk.ts";
import { redundantNilTernary } from "./rules/redundant-nil-ternary.ts";
import { requireInTest } from "./rules/require-in-test.ts";
import { shadowVariable } from "./rules/shadow-variable.ts";
import { unhandledApprovalResult } from "./rules/unhandled-approval-result.ts";
import { unknownErrorBoundary } from "./rules/unknown-error-boundary.ts";
import { unnecessaryCast } from "./rules/unnecessary-cast.ts";
import { unnecessaryElseReturn } from "./rules/unnecessary-else-return.ts";
import { untypedDictAccess } from "./rules/untyped-dict-access.ts";
import { unusedFunction } from "./rules/unused-function.ts";
import { unusedImport } from "./rules/unused-import.ts";
import { unusedParameter } from "./rules/unused-parameter.ts";
import { unusedPatternBinding } from "./rules/unused-pattern-binding.ts";
import { unusedResult } from "./rules/unused-result.ts";
import { unusedType } from "./rules/unused-type.ts";
import { unusedVariable } from "./rules/unused-variable.ts";

export const lintRules: readonly LintRule[] = [
  unusedVariable,
  unusedPatternBinding,
  unusedParameter,
  unusedImport,
  unusedFunction,
  unusedType,
  shadowVariable,
  mutableNeverReassigned,
  deadCodeAfterReturn,
  namingConvention,
  emptyBlock,
  pointlessComparison,
  comparisonToBool,
  needlessBool,
  redundantNilTernary,
  unnecessaryElseReturn,
  duplicateDictKey,
  duplicateMatchArm,
  unusedResult,
  pipelineReturnType,
  cyclomaticComplexity,
  missingHarndoc,
  legacyDocComment,
  deprecatedCall,
  letThenReturn,
  unnecessaryCast,
  invalidBinaryOpLiteral,
  breakOutsideLoop,
  promptInjectionRisk,
  untypedDictAccess,
  assertOutsideTest,
  requireInTest,
  unhandledApprovalResult,
  personaHookTarget,
  unknownErrorBoundary,
  personaStepOnly,
];

/**
 * How long a backtracking search may take. With n characters, at most about `factor · n ^ degree` steps; Infinity where
 * the number grows exponentially, as for `(a+)+b`.
 */

import type { Pattern, PatternNode } from "./syntax.ts";

export interface SearchCost {
  readonly degree: number;
  readonly factor: number;
}

const NOTHING: SearchCost = { degree: 0, factor: 1 };

export function costOf({ root }: Pattern): SearchCost {
  const { degree, factor } = costOfNode(root, false);
  // Each place may be the start, unless the pattern begins with the start of the text.
  return { degree: degree + (isAnchored(root) ? 0 : 1), factor };
}

export function stepsFor({ degree, factor }: SearchCost, length: number): number {
  return degree === Number.POSITIVE_INFINITY ? degree : factor * length ** Math.max(1, degree);
}

function isAnchored(node: PatternNode): boolean {
  if (node.kind === "sequence") return node.items[0] !== undefined && isAnchored(node.items[0]);
  if (node.kind === "capture") return isAnchored(node.body);
  return node.kind === "assertion" && node.assertion === "text-start";
}

/** @param followed something comes after it that may fail and send the search back */
function costOfNode(node: PatternNode, followed: boolean): SearchCost {
  switch (node.kind) {
    case "empty":
    case "literal":
    case "class":
    case "assertion":
      return NOTHING;
    case "capture":
      return costOfNode(node.body, followed);
    case "sequence": {
      let degree = 0;
      let factor = 1;
      let after = followed;
      for (const item of [...node.items].reverse()) {
        const cost = costOfNode(item, after);
        degree += cost.degree;
        factor *= cost.factor;
        after ||= item.kind !== "empty";
      }
      return { degree, factor };
    }
    case "choice": {
      const costs = node.items.map((item) => costOfNode(item, followed));
      return {
        degree: Math.max(...costs.map(({ degree }) => degree)),
        factor: costs.reduce((sum, { factor }) => sum + factor, 0),
      };
    }
    case "repeat": {
      const { body, min, max } = node;
      if (max === Number.POSITIVE_INFINITY) {
        if (isVariable(body)) return { degree: Number.POSITIVE_INFINITY, factor: 1 };
        return { degree: followed ? 1 : 0, factor: 1 };
      }
      // Ways of the body, once per round, and the choice of the number of rounds.
      const inside = costOfNode(body, followed || max > 1);
      return { degree: inside.degree * max, factor: inside.factor ** max * (followed ? max - min + 1 : 1) };
    }
  }
}

/** Can match the same text in more than one way. */
function isVariable(node: PatternNode): boolean {
  switch (node.kind) {
    case "empty":
    case "assertion":
      // A round of nothing.
      return true;
    case "literal":
    case "class":
      return false;
    case "capture":
      return isVariable(node.body);
    case "sequence":
      return (
        node.items.every((item) => item.kind === "assertion") ||
        node.items.some((item) => item.kind !== "assertion" && isVariable(item))
      );
    case "choice": {
      const firsts = node.items.map(firstLiteral);
      return new Set(firsts).size < firsts.length || firsts.includes(undefined) || node.items.some(isVariable);
    }
    case "repeat":
      return node.min !== node.max || node.max === 0 || isVariable(node.body);
  }
}

function firstLiteral(node: PatternNode): number | undefined {
  if (node.kind === "literal") return node.ignoreCase ? undefined : node.codePoint;
  if (node.kind === "capture") return firstLiteral(node.body);
  if (node.kind === "sequence" && node.items[0] !== undefined) return firstLiteral(node.items[0]);
  return undefined;
}

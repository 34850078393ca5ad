/**
 * The categories of errors that a running program can catch, for `harn explain CATEGORY` and the reference page. They are
 * the runtime's counterpart of diagnostic codes: `error_category(e)` names them, and routing and retries go by them.
 */

import type { ErrorCategory } from "../../llm/index.ts";

export interface CategoryRow {
  /** When an error has it, and what to do. */
  readonly explanation: string;
  /** A program that prints the category and nothing else. */
  readonly example: string;
}

export const ERROR_CATEGORY_ROWS: Readonly<Record<ErrorCategory, CategoryRow>> = {
  timeout: {
    explanation:
      "Something took longer than it was given: a model call, a request, a deadline. Give it more time, ask for less, or try again; model calls are tried again by themselves.",
    example: classify("Deadline exceeded"),
  },
  auth: {
    explanation:
      "The key or token is missing, wrong, or may not do this. Trying again does not help: look at the environment variable that the message names.",
    example: classify("HTTP 401 Unauthorized"),
  },
  rate_limit: {
    explanation:
      "The other side wants fewer requests. Wait as long as it says (`retry_after_ms` of the error), lower `max_concurrent`, or set a limit with `llm_rate_limit`.",
    example: classify("HTTP 429: slow down"),
  },
  overloaded: {
    explanation:
      "The provider has too much to do just now. Model calls are tried again by themselves; a route may name another model.",
    example: classify("HTTP 529: overloaded"),
  },
  server_error: {
    explanation: "The other side failed (HTTP 5xx). It may work the next time.",
    example: classify("HTTP 500: oops"),
  },
  transient_network: {
    explanation: "The connection could not be made or was lost. Look at the address and the network if it stays so.",
    example: classify("connection reset by peer"),
  },
  schema_validation: {
    explanation:
      "A value is not what its schema says, such as a model's answer that was still wrong after the last schema retry. Say more in the prompt, or ask for less.",
    example: thrown("schema_validation"),
  },
  tool_error: {
    explanation:
      "A tool that a model called failed. The model is told, and goes on; a program sees it when it calls the tool itself.",
    example: thrown("tool_error"),
  },
  tool_rejected: {
    explanation: "A policy, a hook or a person did not allow a tool to run.",
    example: thrown("tool_rejected"),
  },
  egress_blocked: {
    explanation: "The address is not among those that the program may talk to. Allow it in the policy, if it is meant.",
    example: thrown("egress_blocked"),
  },
  cancelled: {
    explanation: "The task was told to stop. There is nothing to mend; `finally` and `defer` have run.",
    example: thrown("cancelled"),
  },
  not_found: {
    explanation: "What was asked for is not there: a model of that name, a page, a record.",
    example: classify("HTTP 404: no such model"),
  },
  circuit_open: {
    explanation:
      "A circuit breaker has seen too many failures in a row and lets nothing through until its pause is over.",
    example: thrown("circuit_open"),
  },
  budget_exceeded: {
    explanation:
      "A budget of tokens, money or calls is used up. The call was not sent. Raise the budget, or end with what is there.",
    example: thrown("budget_exceeded"),
  },
  generic: {
    explanation: "None of the others; the message says what it was.",
    example: classify("something else"),
  },
};

function classify(message: string): string {
  return `println(error_category("${message}"))\n`;
}

function thrown(category: ErrorCategory): string {
  return `try {\n  throw_error("it did not work", "${category}")\n} catch (e) {\n  println(error_category(e))\n}\n`;
}

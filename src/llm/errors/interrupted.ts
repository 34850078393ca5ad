import { HostError } from "../../base/index.ts";
import { ModelError } from "../spec/model-error.ts";

/**
 * Whether an answer was cut because the process stopped while it came, and the run goes on in another. That says nothing
 * about the provider: an answer of which nobody has seen a piece is simply asked for anew.
 */
export function wasInterrupted(error: unknown): boolean {
  return error instanceof ModelError && error.cause instanceof HostError && error.cause.data["interrupted"] === true;
}

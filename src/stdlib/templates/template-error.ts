/** A problem in a template, with its place. */

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
}

export class TemplateError extends Error {
  readonly place: Place;
  readonly problem: string;
  /** The file, once it is known. */
  readonly path: string | undefined;

  constructor(place: Place, problem: string, path?: string) {
    super(`${path === undefined ? "" : `${path} `}at ${place.line}:${place.column}: ${problem}`);
    this.place = place;
    this.problem = problem;
    this.path = path;
  }

  /** The same problem in a file. */
  in(path: string | undefined): TemplateError {
    return path === undefined || this.path !== undefined ? this : new TemplateError(this.place, this.problem, path);
  }
}

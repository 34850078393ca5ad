import { describe, expect, it } from "vitest";
import { vmParts } from "../vm/snapshot/parts.ts";
import { standardSnapshotParts } from "./snapshot-parts.ts";

const classes = [...vmParts.classes, ...standardSnapshotParts.classes];
const constants = [...vmParts.constants, ...standardSnapshotParts.constants];

describe("what a snapshot may hold", () => {
  it.each([
    ["classes", classes],
    ["constants", constants],
  ])("gives each of its %s a name of its own", (_, parts) => {
    const names = parts.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  // Fields that a class keeps to itself are neither written nor there in an object made without its constructor.
  it.each(classes.filter(({ make }) => make === undefined).map((part) => [part.name, part] as const))(
    "makes a %s without its constructor: it has nothing private",
    (_, { type }) => expect(String(type)).not.toMatch(/#[a-z]\w*[;=( ]/i),
  );
});

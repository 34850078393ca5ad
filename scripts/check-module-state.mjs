// Checks that no module keeps state: two runs live in one process, so what a run learns stands in an object of the run.
//
// What counts as state at the top level of a module: `let` and `var`; a weak collection, which is of no use unless
// something is put in; a constant that something in the file writes to (a method that changes a collection, an
// assignment to a member); a closure over state, as `createX()` makes one; the same in static fields; a write to what
// another module exports. A table that is filled where it stands and only read is none. Nor is `lastIndex` of a sticky
// pattern, which is set before each use.

import { pathToFileURL } from "node:url";
import { parseSync } from "vite";
import { sourceFiles } from "./source-files.mjs";

/** Constants that look like state and are none, each with the reason. */
const allowed = {
  "src/cli/main.ts context": "the file is the process: what it makes is made once for the one command",
  "src/runtime/load-program.ts builtinTable": "made of constants, frozen when it is made",
};

const weak = new Set(["WeakMap", "WeakSet", "WeakRef", "FinalizationRegistry"]);
const changing = new Set(
  "set add delete clear push pop shift unshift splice sort reverse fill copyWithin register".split(" "),
);

/**
 * Complaints about a set of source files.
 * @param {{ path: string, source: string }[]} files paths relative to the project, with `/`
 * @returns {string[]} `path:line message`
 */
export function checkModuleState(files, exceptions = {}) {
  const unused = new Set(Object.keys(exceptions));
  const complaints = files.flatMap(({ path, source }) =>
    stateOf(path, source)
      .filter(({ name }) => {
        unused.delete(`${path} ${name}`);
        return exceptions[`${path} ${name}`] === undefined;
      })
      .map(({ line, message }) => `${path}:${line} ${message}`),
  );
  return [...complaints, ...[...unused].map((key) => `${key} is allowed as module state, but there is none`)];
}

/** What a file keeps, as `{name, line, message}`, in the order of the lines. */
function stateOf(path, source) {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0].message}`);
  const found = [];
  const complain = (node, name, message) =>
    found.push({ name, line: source.slice(0, node.start).split("\n").length, message });

  const constants = new Set();
  const imported = new Set();
  for (const statement of program.body) {
    if (statement.type === "ImportDeclaration") {
      for (const { local } of statement.specifiers) imported.add(local.name);
      continue;
    }
    const declaration = statement.type.startsWith("Export") ? (statement.declaration ?? undefined) : statement;
    if (declaration?.type === "ClassDeclaration") checkStatics(declaration, complain);
    if (declaration?.type !== "VariableDeclaration" || declaration.declare) continue;
    for (const { id, init } of declaration.declarations) {
      const names = namesOf(id);
      if (declaration.kind !== "const") complain(id, names[0], `\`${declaration.kind} ${names[0]}\` is module state`);
      else if (isState(init)) complain(id, names[0], `\`${names[0]}\` is module state`);
      else for (const name of names) constants.add(name);
    }
  }

  const written = new Set();
  forEachWrite(program, (node, name) => {
    const isOurs = constants.has(name);
    if (written.has(name) || !(isOurs || imported.has(name))) return;
    written.add(name);
    complain(node, name, `\`${name}\`, ${isOurs ? "a constant of the module" : "of another module"}, is written to`);
  });
  return found.sort((a, b) => a.line - b.line);
}

function checkStatics({ id, body }, complain) {
  for (const member of body.body) {
    if (member.type !== "PropertyDefinition" || !member.static || member.declare) continue;
    const name = `${id?.name ?? "class"}.${member.key.name ?? "field"}`;
    if (!member.readonly || isState(member.value))
      complain(member, name, `The static field \`${name}\` is module state`);
  }
}

function isState(value) {
  const init = bare(value);
  if (init?.type === "NewExpression") return weak.has(init.callee.name);
  return init?.type === "CallExpression" && /^create[A-Z]/.test(init.callee.name ?? "");
}

/** Without what only the compiler sees. */
function bare(node) {
  let inner = node;
  while (inner && /^(TS(As|Satisfies|NonNull)Expression|ParenthesizedExpression|ChainExpression)$/.test(inner.type)) {
    inner = inner.expression;
  }
  return inner;
}

/** Calls back for writes to members of names that the module's scope declares, with the name. */
function forEachWrite(program, onWrite) {
  const shadows = [];
  const report = (node, target) => {
    let object = bare(target);
    if (object?.type !== "MemberExpression" || object.property.name === "lastIndex") return;
    while (object?.type === "MemberExpression") object = bare(object.object);
    if (object?.type === "Identifier" && !shadows.some((names) => names.has(object.name))) onWrite(node, object.name);
  };
  const visit = (node) => {
    if (node.type === "AssignmentExpression") report(node, node.left);
    if (node.type === "UpdateExpression") report(node, node.argument);
    if (node.type === "UnaryExpression" && node.operator === "delete") report(node, node.argument);
    if (node.type === "CallExpression") {
      const callee = bare(node.callee);
      if (callee?.type === "MemberExpression" && !callee.computed && changing.has(callee.property.name)) {
        // Only the thing itself: `table.get(key).push(x)` is a call, and its object no name.
        if (bare(callee.object)?.type !== "CallExpression") report(node, callee);
      }
    }
    const names = node === program ? undefined : declaredIn(node);
    if (names) shadows.push(names);
    for (const key in node) {
      const child = node[key];
      if (Array.isArray(child)) for (const item of child) item && typeof item.type === "string" && visit(item);
      else if (child && typeof child.type === "string") visit(child);
    }
    if (names) shadows.pop();
  };
  visit(program);
}

/** Names that hide those of the module inside a node; undefined when it is no scope. */
function declaredIn(node) {
  if (node.params) return new Set(node.params.flatMap(namesOf));
  if (node.type === "CatchClause") return new Set(node.param ? namesOf(node.param) : []);
  const statements =
    node.type === "BlockStatement" || node.type === "StaticBlock"
      ? node.body
      : node.type === "SwitchCase"
        ? node.consequent
        : node.type.startsWith("For")
          ? [node.init ?? node.left].filter(Boolean)
          : undefined;
  return (
    statements &&
    new Set(
      statements.flatMap((statement) =>
        statement.type === "VariableDeclaration"
          ? statement.declarations.flatMap(({ id }) => namesOf(id))
          : /^(Function|Class)Declaration$/.test(statement.type)
            ? [statement.id.name]
            : [],
      ),
    )
  );
}

function namesOf(pattern) {
  switch (pattern?.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((property) => namesOf(property.value ?? property.argument));
    case "ArrayPattern":
      return pattern.elements.flatMap(namesOf);
    case "AssignmentPattern":
      return namesOf(pattern.left);
    case "RestElement":
      return namesOf(pattern.argument);
    default:
      return [];
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const complaints = checkModuleState(sourceFiles("src"), allowed);
  for (const complaint of complaints) console.log(complaint);
  process.exitCode = complaints.length > 0 ? 1 : 0;
}

/**
 * CSV (RFC 4180), read leniently: rows end in LF, CRLF or CR, blank lines are skipped, rows may differ in length, a
 * quote inside an unquoted cell is itself.
 */

import { compareText, Dict, display, List, record, Thrown, type Value } from "../../vm/index.ts";
import { type Builtin, pure } from "../builtin.ts";

export function parseRows(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  // A line without anything is skipped; a pair of quotes is something.
  let blank = true;
  for (let at = 0; at < text.length || row.length > 0; ) {
    const { cell, end, quoted } = readCell(text, at, delimiter);
    row.push(cell);
    if (quoted || cell !== "" || row.length > 1) blank = false;
    const next = text[end];
    at = next === "\r" && text[end + 1] === "\n" ? end + 2 : end + 1;
    if (next === delimiter) continue;
    if (!blank) rows.push(row);
    row = [];
    blank = true;
  }
  return rows;
}

function readCell(
  text: string,
  start: number,
  delimiter: string,
): { readonly cell: string; readonly end: number; readonly quoted: boolean } {
  const parts: string[] = [];
  let at = start;
  const quoted = text[at] === '"';
  if (quoted) {
    at += 1;
    for (;;) {
      const close = text.indexOf('"', at);
      if (close < 0) return { cell: parts.join("") + text.slice(at), end: text.length, quoted };
      parts.push(text.slice(at, close));
      at = close + 1;
      if (text[at] !== '"') break;
      parts.push('"');
      at += 1;
    }
  }
  const from = at;
  while (at < text.length && text[at] !== delimiter && text[at] !== "\n" && text[at] !== "\r") at += 1;
  return { cell: parts.join("") + text.slice(from, at), end: at, quoted };
}

function quoteCell(cell: string, delimiter: string, alone: boolean): string {
  const needed = (alone && cell === "") || cell.includes(delimiter) || /["\n\r]/.test(cell);
  return needed ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function writeRows(rows: readonly (readonly string[])[], delimiter: string): string {
  const width = rows[0]?.length ?? 0;
  return rows
    .map((row, index) => {
      if (row.length !== width) {
        throw new Thrown(`csv_stringify: row ${index + 1} has ${row.length} cells, the first row has ${width}`);
      }
      return `${row.map((cell) => quoteCell(cell, delimiter, row.length === 1)).join(delimiter)}\n`;
    })
    .join("");
}

function optionsOf(value: Value): { readonly headers: boolean; readonly delimiter: string } {
  const options = value instanceof Dict ? value.map : new Map<string, Value>();
  const delimiter = options.get("delimiter");
  return {
    headers: options.get("headers") === true,
    delimiter: typeof delimiter === "string" && delimiter !== "" ? (delimiter[0] as string) : ",",
  };
}

function cells(row: Value): string[] {
  if (row instanceof List) return row.items.map(display);
  throw new Thrown("csv_stringify: each row must be a list of cells (or use dict rows)");
}

/** Columns are all keys of all rows, in order. */
function tableOf(rows: readonly Value[], headers: boolean): string[][] {
  const dicts = rows.map((row) => {
    if (row instanceof Dict) return row;
    throw new Thrown("csv_stringify: mixed list/dict rows are not supported");
  });
  const columns = [...new Set(dicts.flatMap((row) => row.keys()))].sort(compareText);
  const body = dicts.map((row) => columns.map((key) => (row.map.has(key) ? display(row.map.get(key)) : "")));
  return headers ? [columns, ...body] : body;
}

export const csvBuiltins: readonly Builtin[] = [
  pure(
    {
      signature: "csv_parse(text: string, options?: dict) -> list",
      summary: "Read CSV as lists of texts; with `{headers: true}` as dicts by column name. Also `{delimiter}`",
      example: 'println(csv_parse("a,b\\n1,2", {headers: true}))',
    },
    ([text, options]) => {
      const { headers, delimiter } = optionsOf(options);
      const rows = parseRows(text === undefined ? "" : display(text), delimiter);
      if (!headers) return new List(rows.map((row) => new List(row)));
      const [names = [], ...body] = rows;
      return new List(body.map((row) => record(Object.fromEntries(names.map((name, i) => [name, row[i] ?? ""])))));
    },
  ),
  pure(
    {
      signature: "csv_stringify(rows: list, options?: dict) -> string",
      summary: "Write lists or dicts as CSV; `{headers: true}` writes the keys of dicts first. Also `{delimiter}`",
      errors: "Rows of unlike kinds or lengths",
      example: 'print(csv_stringify([{a: 1, b: "x,y"}], {headers: true}))',
    },
    ([rows, options]) => {
      if (!(rows instanceof List)) throw new Thrown("csv_stringify: expected a list of rows");
      const { headers, delimiter } = optionsOf(options);
      const isTable = rows.items[0] instanceof Dict;
      return writeRows(isTable ? tableOf(rows.items, headers) : rows.items.map(cells), delimiter);
    },
  ),
];

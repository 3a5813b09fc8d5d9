import { parse } from 'csv-parse/sync';
import { collectFaults, type Faults } from './faults.ts';
import { key, readFields, type TechnicianFields, technicianShape } from './fields.ts';

/** One person of a file. `faults`: what is wrong with the fields by themselves. */
export type CsvPerson = { line: number; externalId: string; fields: TechnicianFields; faults: Faults };

/** `column`: as the file calls it; null for a whole line. */
export type CsvFault = { line: number; column: string | null; detail: string };

export const mostCsvLines = 5000;

/** What a file may hold, and what besides its own name a column may be called. */
export const csvColumns = {
  externalId: ['id', 'key'],
  name: [],
  phone: ['mobile', 'mobile phone', 'phone number'],
  email: ['e-mail', 'e-mail address', 'email address'],
  role: [],
  locale: ['language'],
  timeZone: [],
  supervisor: [],
  active: [],
} as const;

type Column = keyof typeof csvColumns;

const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

const columnsByName = new Map(
  Object.entries(csvColumns).flatMap(([column, others]) =>
    [column, ...others].map((name) => [plain(name), column as Column] as const),
  ),
);

/** Reads a file as Excel and others export it. Every fault is named; with any, nothing of it should be done. */
export const readTechnicianCsv = (
  text: string,
): { people: CsvPerson[]; faults: CsvFault[]; nameOf: (column: string) => string } => {
  const faults: CsvFault[] = [];
  const { lines, firstLine } = readLines(text, faults);
  const [header, ...rest] = lines;
  const columns = readHeader(header, firstLine, faults);
  const nameOf = (column: string) => header?.cells[columns.indexOf(column as Column)]?.trim() || column;
  const filled = rest.filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  if (header && filled.length === 0 && faults.length === 0)
    fault(faults, firstLine, null, 'holds nobody below the column names');
  if (filled.length > mostCsvLines) {
    fault(faults, filled[mostCsvLines]!.line, null, `is one too many: at most ${mostCsvLines} lines at once`);
    return { people: [], faults, nameOf };
  }
  const people = filled.flatMap((line) => readPerson(line, columns, faults) ?? []);
  const seen = new Map<string, number>();
  for (const { externalId, line } of people) {
    const before = seen.get(externalId);
    if (before) fault(faults, line, nameOf('externalId'), `is in line ${before} too`);
    else seen.set(externalId, line);
  }
  return { people, faults, nameOf };
};

const fault = (faults: CsvFault[], line: number, column: string | null, detail: string) => {
  faults.push({ line, column, detail });
};

type Line = { line: number; cells: string[] };

const readLines = (text: string, faults: CsvFault[]): { lines: Line[]; firstLine: number } => {
  const plainText = text.replace(/^\uFEFF/, '');
  // Excel's own first line, which says what separates the cells.
  const [said, separator] = /^"?sep=(.)"?\r?\n/i.exec(plainText) ?? [];
  const body = plainText.slice(said?.length ?? 0);
  const skipped = said ? 1 : 0;
  const delimiter = separator ?? delimiterOf(body);
  const misquoted = (lastLine: number, raw: string) =>
    fault(faults, beginOf(lastLine + skipped, raw), null, 'has a quotation mark in the wrong place');
  type Parsed = { record: string[]; raw: string; info: { lines: number } };
  const found = parse(body, {
    ...{ delimiter, info: true, raw: true, relax_column_count: true, skip_empty_lines: true },
    // Else one that stands wrong would have the lines after it misread: each line is looked at by itself.
    ...{ relax_quotes: true, skip_records_with_error: true },
    on_skip: (error, raw) => {
      misquoted((error as unknown as { lines: number }).lines, raw ?? '');
      return undefined;
    },
  }) as unknown as Parsed[];
  const lines: Line[] = [];
  for (const { record, raw, info } of found) {
    if (isWellQuoted(raw, delimiter)) lines.push({ cells: record, line: beginOf(info.lines + skipped, raw) });
    else misquoted(info.lines, raw);
  }
  return { lines, firstLine: lines[0]?.line ?? 1 };
};

/** A quoted cell may go over several lines. */
const beginOf = (lastLine: number, raw: string): number =>
  lastLine - (raw.replace(/^[\r\n]+|[\r\n]+$/g, '').match(/\r\n|\r|\n/g)?.length ?? 0);

const isWellQuoted = (raw: string, delimiter: string): boolean => {
  if (!raw.includes('"')) return true;
  try {
    return Boolean(parse(raw, { delimiter, relax_column_count: true }));
  } catch {
    return false;
  }
};

/** What stands most often between the column names. */
const delimiterOf = (text: string): string => {
  const [first = ''] = text
    .trimStart()
    .replace(/"[^"]*"/g, '')
    .split(/\r?\n|\r/, 1);
  const count = (delimiter: string) => first.split(delimiter).length;
  return [',', ';', '\t'].reduce((best, each) => (count(each) > count(best) ? each : best));
};

const readHeader = (header: Line | undefined, line: number, faults: CsvFault[]): (Column | null)[] => {
  if (!header) {
    if (faults.length === 0) fault(faults, 1, null, 'is missing: the first line names the columns');
    return [];
  }
  const columns = header.cells.map((cell) => columnsByName.get(plain(cell)) ?? null);
  for (const [index, cell] of header.cells.entries()) {
    const column = columns[index];
    if (!column && cell.trim() !== '') {
      fault(faults, line, cell.trim(), `is not a known column: ${Object.keys(csvColumns).join(', ')}`);
    }
    if (column && columns.indexOf(column) !== index) fault(faults, line, cell.trim(), 'is there twice');
  }
  if (!columns.includes('externalId')) fault(faults, line, 'externalId', 'is missing');
  return columns;
};

const readPerson = (
  { line, cells }: Line,
  columns: (Column | null)[],
  faults: CsvFault[],
): CsvPerson | null => {
  if (columns.length === 0) return null;
  const values: Partial<Record<Column, string>> = {};
  for (const [index, cell] of cells.entries()) {
    const column = columns[index];
    const value = cellOf(cell);
    if (column) values[column] ??= value;
    else if (value !== '' && index >= columns.length) {
      fault(faults, line, null, 'has more cells than there are columns');
      break;
    }
  }
  const own = collectFaults();
  const { externalId = '', ...rest } = values;
  const given = Object.fromEntries(
    Object.entries(rest).flatMap(([column, value]) => {
      const read = readCell(column as Column, value, own);
      return read === undefined ? [] : [[column, read]];
    }),
  );
  const fields = readFields(technicianShape, given, own);
  const readKey = key.safeParse(externalId);
  if (columns.includes('externalId') && !readKey.success) {
    own.add('/externalId', externalId === '' ? 'is required' : readKey.error.issues[0]!.message);
  }
  return { line, externalId, fields, faults: own };
};

/** Without what spreadsheets put around a text so that it stays one: ="…" and a leading apostrophe. */
const cellOf = (cell: string): string => {
  const trimmed = cell.trim();
  return (/^="(.*)"$/s.exec(trimmed)?.[1] ?? trimmed).replace(/^'(?=[+\d])/, '').trim();
};

const words: Record<string, boolean> = {
  ...{ yes: true, true: true, '1': true, y: true, x: true, sí: true, si: true },
  ...{ no: false, false: false, '0': false, n: false },
};

/** An empty cell leaves the value as it is, a hyphen clears it. */
const readCell = (column: Column, value: string, faults: Faults): unknown => {
  if (value === '') return undefined;
  const isClearable = ['phone', 'email', 'locale', 'timeZone', 'supervisor'].includes(column);
  if (value === '-' && isClearable) return null;
  if (column === 'phone' && /^\d+(?:[.,]\d+)?E\+?\d+$/i.test(value)) {
    faults.add('/phone', 'was shortened by the spreadsheet: format the column as text and export it again');
    return undefined;
  }
  if (column === 'role') return value.toLowerCase();
  if (column !== 'active') return value;
  const word = words[value.toLowerCase()];
  if (word === undefined) faults.add('/active', 'must be yes or no');
  return word;
};

// Condenses the machine-readable Bot API description into the spec.json beside this file.
//
//   node tests/telegram/make-spec.ts path/to/telegram-bot-api.json
//
// Descriptions and links are omitted: the simulator and the tests need names, types, required flags, closed value sets, limits,
// and the source of the data. One method or type per line keeps diffs readable.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface SourceField {
  name: string;
  types: string[];
  required: boolean;
  enum?: string[];
  constraints?: Record<string, unknown>;
}
interface SourceEntry {
  returns?: string[];
  fields?: SourceField[];
  subtypes?: string[];
}

function condenseField(field: SourceField): Record<string, unknown> {
  const out: Record<string, unknown> = { t: field.types };
  if (field.required) out['r'] = 1;
  if (field.enum) out['e'] = field.enum;
  if (field.constraints) out['c'] = field.constraints;
  return out;
}

function condenseEntry(entry: SourceEntry): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (entry.returns) out['returns'] = entry.returns;
  if (entry.subtypes) out['subtypes'] = entry.subtypes;
  out['fields'] = Object.fromEntries((entry.fields ?? []).map((field) => [field.name, condenseField(field)]));
  return out;
}

function printTable(table: Record<string, SourceEntry>): string {
  const rows = Object.entries(table).map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(condenseEntry(entry))}`);
  return `{\n${rows.join(',\n')}\n}`;
}

const source = process.argv[2];
if (!source) {
  console.error('usage: node make-spec.ts path/to/telegram-bot-api.json');
  process.exit(2);
}
const api = JSON.parse(readFileSync(source, 'utf8'));
const target = join(dirname(fileURLToPath(import.meta.url)), 'spec.json');
const head = ['version', 'release_date', 'changelog', 'provenance']
  .map((key) => `${JSON.stringify(key)}:${JSON.stringify(api[key])}`)
  .join(',\n');
writeFileSync(target, `{${head},\n"methods":${printTable(api.methods)},\n"types":${printTable(api.types)}}\n`);

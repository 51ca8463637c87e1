// Checks requests and emitted objects against the machine-readable Bot API (spec.json).
//
// A check returns sentences and does not throw. In strict mode a request with any sentence fails; otherwise the sentences are only
// kept in the call log, because the official server ignores unknown fields.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dict } from './errors.ts';
import { FilePart } from './params.ts';

interface Constraints {
  min?: number;
  max?: number;
  min_length?: number;
  max_length?: number;
  min_bytes?: number;
  max_bytes?: number;
  min_items?: number;
  max_items?: number;
  length_after_entities?: boolean;
}
export interface Field {
  t: string[];
  r?: 1;
  e?: (string | number)[];
  c?: Constraints;
}
interface Entry {
  returns?: string[];
  subtypes?: string[];
  fields: Record<string, Field>;
}

/**
 * Names that the official server emits besides the documented ones, and parameters that it still accepts, for old clients.
 * `thumb` and the `forward_*` family were renamed in Bot API 6.6 and 7.0.
 */
const LEGACY_FIELDS = new Set([
  'thumb', 'forward_from', 'forward_from_chat', 'forward_from_message_id', 'forward_sender_name', 'forward_signature',
  'forward_date', 'new_chat_member', 'new_chat_participant', 'left_chat_participant',
]);
const LEGACY_PARAMETERS = new Set(['reply_to_message_id', 'allow_sending_without_reply', 'disable_web_page_preview']);

export class Spec {
  readonly version: string;
  private readonly methods = new Map<string, Entry>();
  private readonly types: Record<string, Entry>;
  private readonly methodNames = new Map<string, string>();

  constructor(path?: string) {
    const file = path ?? join(dirname(fileURLToPath(import.meta.url)), 'spec.json');
    const spec = JSON.parse(readFileSync(file, 'utf8'));
    this.version = spec.version;
    this.types = spec.types;
    for (const [name, entry] of Object.entries(spec.methods as Record<string, Entry>)) {
      this.methods.set(name, entry);
      this.methodNames.set(name.toLowerCase(), name);
    }
  }

  /** The documented spelling of a method name, which clients may write in any case. */
  methodName(name: string): string | undefined {
    return this.methodNames.get(name.toLowerCase());
  }

  /** Every kind of update, from the fields of Update. */
  updateKinds(): string[] {
    return Object.keys(this.types['Update']!.fields).filter((name) => name !== 'update_id');
  }

  enumOf(type: string, field: string): (string | number)[] {
    return this.types[type]?.fields[field]?.e ?? this.methods.get(type)?.fields[field]?.e ?? [];
  }

  checkRequest(method: string, given: ReadonlyMap<string, unknown>): string[] {
    const entry = this.methods.get(method);
    if (!entry) return [`method ${method} is not in the specification`];
    const problems: string[] = [];
    for (const [name, field] of Object.entries(entry.fields)) {
      const value = given.get(name);
      if (value === undefined || value === '') {
        if (field.r) problems.push(`required parameter ${name} is missing`);
        continue;
      }
      this.checkField(parameterValue(value, field), field, name, problems);
    }
    for (const [name, value] of given) {
      if (entry.fields[name] || value instanceof FilePart || LEGACY_PARAMETERS.has(name)) continue;
      problems.push(`unknown parameter ${name}`);
    }
    return problems;
  }

  checkResult(method: string, result: unknown): string[] {
    const returns = this.methods.get(method)?.returns;
    return returns ? this.checkValue(result, returns, `result of ${method}`) : [];
  }

  checkObject(type: string, value: unknown): string[] {
    return this.checkValue(value, [type], type);
  }

  private checkValue(value: unknown, types: string[], path: string): string[] {
    const problems: string[] = [];
    this.checkField(value, { t: types }, path, problems);
    return problems;
  }

  private checkField(value: unknown, field: Field, path: string, problems: string[]): void {
    // "Array of A or Array of B" is a list that may mix both.
    if (field.t.length > 1 && Array.isArray(value) && field.t.every((type) => type.startsWith('Array of '))) {
      value.forEach((item, i) => this.checkSubtypes(item, field.t.map((type) => type.slice(9)), `${path}[${i}]`, problems));
      return;
    }
    let best: string[] | undefined;
    for (const type of field.t) {
      const found: string[] = [];
      this.checkType(value, type, path, found);
      if (!best || found.length < best.length) best = found;
      if (!found.length) break;
    }
    problems.push(...(best ?? []));
    if (!best?.length) checkLimits(value, field, path, problems);
  }

  private checkType(value: unknown, type: string, path: string, problems: string[]): void {
    if (type.startsWith('Array of ')) {
      if (!Array.isArray(value)) problems.push(`${path} must be an array`);
      else value.forEach((item, i) => this.checkType(item, type.slice(9), `${path}[${i}]`, problems));
      return;
    }
    const scalar = SCALARS[type];
    if (scalar) {
      if (!scalar(value)) problems.push(`${path} must be ${type}`);
      return;
    }
    const entry = this.types[type];
    if (!entry) {
      problems.push(`${path} has a type unknown to the specification, ${type}`);
    } else if (entry.subtypes) {
      this.checkSubtypes(value, entry.subtypes, path, problems);
    } else {
      this.checkFields(value, entry, type, path, problems);
    }
  }

  private checkSubtypes(value: unknown, subtypes: string[], path: string, problems: string[]): void {
    let best: string[] | undefined;
    const named = subtypes.filter((subtype) => this.isNamed(value, subtype));
    for (const subtype of named.length ? named : subtypes) {
      const found: string[] = [];
      this.checkType(value, subtype, path, found);
      if (!best || found.length < best.length) best = found;
      if (!found.length) return;
    }
    problems.push(...(best ?? []));
  }

  /** In most unions a field names the member: `type`, `status` or `source`. */
  private isNamed(value: unknown, subtype: string): boolean {
    const fields = this.types[subtype]?.fields ?? {};
    return ['type', 'status', 'source'].some((key) => {
      const given = (value as Dict | null)?.[key];
      return typeof given === 'string' && fields[key]?.e?.length === 1 && fields[key].e[0] === given;
    });
  }

  private checkFields(value: unknown, entry: Entry, type: string, path: string, problems: string[]): void {
    if (type === 'RichText' && typeof value === 'string') return;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      problems.push(`${path} must be an object of type ${type}`);
      return;
    }
    const object = value as Dict;
    for (const [name, field] of Object.entries(entry.fields)) {
      const member = object[name];
      if (member === undefined) {
        if (field.r) problems.push(`${path}.${name} is required`);
      } else {
        this.checkField(member, field, `${path}.${name}`, problems);
      }
    }
    for (const name of Object.keys(object)) {
      if (!entry.fields[name] && !LEGACY_FIELDS.has(name)) problems.push(`${path}.${name} is not a field of ${type}`);
    }
  }
}

const SCALARS: Record<string, (value: unknown) => boolean> = {
  Integer: (v) => typeof v === 'number' && Number.isSafeInteger(v),
  Float: (v) => typeof v === 'number' && Number.isFinite(v),
  String: (v) => typeof v === 'string',
  Boolean: (v) => typeof v === 'boolean',
  True: (v) => v === true,
  InputFile: (v) => v instanceof FilePart,
};

/** Query, urlencoded and multipart parameters are all text: they are read as their documented type before the check. */
function parameterValue(value: unknown, field: Field): unknown {
  if (typeof value !== 'string') return value;
  for (const type of field.t) {
    if (type === 'Integer' && /^-?\d+$/.test(value)) return Number(value);
    if (type === 'Float' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
    if ((type === 'Boolean' || type === 'True') && /^(true|false|1|0|yes|no)$/i.test(value)) return /^(true|1|yes)$/i.test(value);
  }
  if (field.t.includes('String')) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function checkLimits(value: unknown, field: Field, path: string, problems: string[]): void {
  if (field.e && !(Array.isArray(value) ? value : [value]).every((item) => field.e!.includes(item as string))) {
    problems.push(`${path} must be one of ${field.e.join(', ')}`);
  }
  const c = field.c;
  if (!c) return;
  if (typeof value === 'number') checkRange(value, c.min, c.max, `${path} must be`, problems);
  if (Array.isArray(value)) checkRange(value.length, c.min_items, c.max_items, `${path}: the number of items must be`, problems);
  if (typeof value === 'string') {
    // A length that applies after entity parsing is checked by the parser.
    if (!c.length_after_entities) checkRange([...value].length, c.min_length, c.max_length, `${path}: the length must be`, problems);
    checkRange(Buffer.byteLength(value), c.min_bytes, c.max_bytes, `${path}: the size in bytes must be`, problems);
  }
}

function checkRange(n: number, min: number | undefined, max: number | undefined, what: string, problems: string[]): void {
  if (min !== undefined && n < min) problems.push(`${what} at least ${min}, got ${n}`);
  if (max !== undefined && n > max) problems.push(`${what} at most ${max}, got ${n}`);
}

// The part of JSON Schema that the server's OpenAPI document uses: checks values, and makes values that a schema allows or
// forbids.
export type Schema = { [key: string]: any };

/** Random numbers from a seed, so that a failure can be repeated (mulberry32). */
export class Dice {
  private state: number;
  constructor(seed: number) {
    this.state = seed;
  }
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  /** From low to high, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }
  chance(of: number): boolean {
    return this.next() < of;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.int(0, from.length - 1)]!;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const points = (text: string): number => [...text].length;

export class Schemas {
  private readonly named: Record<string, Schema>;
  constructor(document: { components: { schemas: Record<string, Schema> } }) {
    this.named = document.components.schemas;
  }

  resolve(schema: Schema): Schema {
    return typeof schema['$ref'] === 'string' ? this.named[schema['$ref'].split('/').pop()!]! : schema;
  }

  /** What is wrong with the value, or undefined. */
  wrong(given: Schema, value: unknown, at = ''): string | undefined {
    const schema = this.resolve(given);
    for (const part of schema['allOf'] ?? []) {
      const found = this.wrong(part, value, at);
      if (found) return found;
    }
    if (schema['anyOf'] && !schema['anyOf'].some((part: Schema) => !this.wrong(part, value, at))) return `${at} is none of what it may be`;
    if (schema['enum'] && !schema['enum'].includes(value)) return `${at} is not one of ${schema['enum']}`;
    const types: string[] = schema['type'] === undefined ? [] : [schema['type']].flat();
    if (types.length && !types.some((type) => isOf(type, value))) return `${at} is not ${types}`;
    if (typeof value === 'number') {
      if (value < (schema['minimum'] ?? -Infinity) || value > (schema['maximum'] ?? Infinity)) return `${at} is out of bounds`;
    }
    if (typeof value === 'string') return this.wrongText(schema, value, at);
    if (Array.isArray(value)) {
      if (value.length < (schema['minItems'] ?? 0) || value.length > (schema['maxItems'] ?? Infinity)) return `${at} has the wrong length`;
      for (const [i, item] of value.entries()) {
        const found = schema['items'] && this.wrong(schema['items'], item, `${at}[${i}]`);
        if (found) return found;
      }
    }
    if (isObject(value)) {
      for (const name of schema['required'] ?? []) if (!(name in value)) return `${at}.${name} is missing`;
      const known = this.known(schema);
      if (this.isClosed(schema)) for (const name of Object.keys(value)) if (!known.has(name)) return `${at}.${name} is not known`;
      for (const [name, part] of Object.entries(schema['properties'] ?? {})) {
        const found = name in value && this.wrong(part as Schema, value[name], `${at}.${name}`);
        if (found) return found;
      }
    }
    return undefined;
  }

  /** Whether it forbids properties that it does not name. */
  private isClosed = (schema: Schema): boolean => schema['additionalProperties'] === false || schema['unevaluatedProperties'] === false;

  /** The properties that an object's schema names. */
  private known(given: Schema): Set<string> {
    const schema = this.resolve(given);
    return new Set([...Object.keys(schema['properties'] ?? {}), ...(schema['allOf'] ?? []).flatMap((part: Schema) => [...this.known(part)])]);
  }

  private wrongText(schema: Schema, given: string, at: string): string | undefined {
    const value = schema['x-trimmed'] ? given.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '') : given;
    if (points(value) < (schema['minLength'] ?? 0) || points(value) > (schema['maxLength'] ?? Infinity)) return `${at} has the wrong length`;
    if (schema['pattern'] && !new RegExp(schema['pattern'], 'u').test(value)) return `${at} does not match ${schema['pattern']}`;
    if (schema['format'] === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)) return `${at} is no time`;
    return undefined;
  }

  /** A value that the schema allows. Of patterns, only those of the document are supported: see textFor. */
  make(dice: Dice, given: Schema): unknown {
    const schema = this.resolve(given);
    if (schema['anyOf']) return this.make(dice, dice.pick(schema['anyOf']));
    if (schema['allOf']) {
      const made = Object.assign({}, ...schema['allOf'].map((part: Schema) => this.make(dice, part)));
      const known = this.known(schema);
      return this.isClosed(schema) ? Object.fromEntries(Object.entries(made).filter(([name]) => known.has(name))) : made;
    }
    if (schema['enum']) return dice.pick(schema['enum']);
    const type = schema['type'] === undefined ? dice.pick(['object', 'array', 'string', 'null']) : dice.pick([schema['type']].flat() as string[]);
    switch (type) {
      case 'null': return null;
      case 'boolean': return dice.chance(0.5);
      case 'integer': {
        const low = Math.max(schema['minimum'] ?? -1e6, Number.MIN_SAFE_INTEGER), high = Math.min(schema['maximum'] ?? low + 2e6, Number.MAX_SAFE_INTEGER);
        return dice.pick([low, high, dice.int(low, Math.min(high, low + 20)), dice.int(low, high)]);
      }
      case 'array': return Array.from({ length: dice.int(schema['minItems'] ?? 0, Math.min(schema['maxItems'] ?? 3, 3)) }, () => this.make(dice, schema['items'] ?? {}));
      case 'string': return textFor(dice, schema);
      default: {
        const out: Record<string, unknown> = {};
        for (const [name, part] of Object.entries<Schema>(schema['properties'] ?? {}))
          if (schema['required']?.includes(name) || dice.chance(0.5)) out[name] = this.make(dice, part);
        if (!this.isClosed(schema) && dice.chance(0.2)) out[`unknown_${dice.int(1, 9)}`] = textFor(dice, {});
        return out;
      }
    }
  }

  /** A value near the allowed one that the schema forbids, or undefined if none was found at random. */
  break(dice: Dice, given: Schema, allowed: unknown): unknown {
    const schema = this.resolve(given);
    for (let tries = 0; tries < 10; tries++) {
      const value = this.damage(dice, schema, structuredClone(allowed));
      if (this.wrong(schema, value)) return value;
    }
    return undefined;
  }

  private damage(dice: Dice, given: Schema, value: unknown): unknown {
    const schema = this.resolve(given);
    const odd = [null, true, -1, 0, 1.5, '', 'x', [], {}, 2 ** 53, -(2 ** 53), ['x'], 'ÿ\u0001'];
    const names = Object.keys(schema['properties'] ?? {});
    if (!isObject(value) || names.length === 0) {
      if (typeof value === 'string' && schema['maxLength'] && dice.chance(0.5)) return value + 'é'.repeat(schema['maxLength'] + 1 - Math.min(points(value), schema['maxLength']));
      if (typeof value === 'number' && schema['maximum'] < Number.MAX_SAFE_INTEGER && dice.chance(0.5)) return schema['maximum'] + 1;
      return dice.pick(odd);
    }
    const name = dice.pick(names);
    if (this.isClosed(schema) && dice.chance(0.2)) value['unknown'] = 1;
    else if (dice.chance(0.2)) delete value[name];
    else value[name] = this.damage(dice, schema['properties'][name], name in value ? value[name] : this.make(dice, schema['properties'][name]));
    return value;
  }
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'null': return value === null;
    case 'integer': return Number.isInteger(value);
    case 'array': return Array.isArray(value);
    case 'object': return isObject(value);
    default: return typeof value === type;
  }
}

const ALPHABETS = ['abcdefghijklmnopqrstuvwxyz', 'ABCxyz0123456789 .,-_', 'äöüßéñçŁ', 'привет мир', '日本語の文字', '😀👩‍👧🏳️‍🌈', '\'"\\/<>&{}[]%;:|`~', 'a\tb\nc'];

/** A text of the schema's length and pattern. */
function textFor(dice: Dice, schema: Schema): string {
  const low = schema['minLength'] ?? 0, high = Math.min(schema['maxLength'] ?? 40, 5000);
  const length = dice.pick([low, high, dice.int(low, high), dice.int(low, Math.min(high, low + 12))]);
  for (let tries = 0; tries < 200; tries++) {
    const text = schema['pattern'] ? dice.pick(LIKELY)(dice, length) : drawn(dice, length);
    const n = points(text);
    if (n >= low && n <= (schema['maxLength'] ?? Infinity) && (!schema['pattern'] || new RegExp(schema['pattern'], 'u').test(text))) return text;
  }
  throw new Error(`no text for ${JSON.stringify(schema)} was found`);
}

function drawn(dice: Dice, length: number, alphabet = dice.pick(ALPHABETS)): string {
  const letters = [...alphabet];
  return Array.from({ length }, () => dice.pick(letters)).join('');
}

/** Makers of texts, one of which fits each pattern of the document. */
const LIKELY: ((dice: Dice, length: number) => string)[] = [
  drawn,
  (dice, length) => drawn(dice, length, 'abcXYZ019._-'),
  (dice, length) => drawn(dice, length, 'abcxyz'),
  (dice, length) => `${drawn(dice, Math.max(1, length - 10), 'abcä.+')}@${drawn(dice, 9, 'example.')}`,
  (dice) => `-100${dice.int(1, 1e9)}`,
  (dice) => `${dice.int(0, 2 ** 40).toString(16)}.${dice.int(0, 2 ** 40).toString(16)}`,
  (dice) => [dice.int(0, 23), dice.int(0, 59)].map((n) => String(n).padStart(2, '0')).join(':'),
  () => '',
];

// The parameters of one Bot API request, in any of the transport forms.
import type { Dict } from './errors.ts';
import { badRequest } from './errors.ts';

export class FilePart {
  readonly filename: string;
  readonly mime: string;
  readonly bytes: Buffer;

  constructor(filename: string, mime: string, bytes: Buffer) {
    this.filename = filename;
    this.mime = mime;
    this.bytes = bytes;
  }
}

export class Params {
  readonly values: Map<string, unknown>;
  /** Identifies the request, so that a waiting poll can be distinguished from another. */
  readonly request = {};

  constructor(values: Map<string, unknown> = new Map()) {
    this.values = values;
  }

  static of(object: Dict): Params {
    return new Params(new Map(Object.entries(object)));
  }

  has(name: string): boolean {
    const value = this.values.get(name);
    return value !== undefined && value !== null && value !== '';
  }

  /** The text of a parameter; numbers and objects of a JSON body are read as the text that a form would contain. */
  str(name: string): string {
    const value = this.values.get(name);
    if (value === undefined || value === null || value instanceof FilePart) return '';
    if (typeof value === 'string') return value;
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  }

  /** A value out of range is clamped, not refused, as on the official server. */
  int(name: string, fallback = 0, min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): number {
    if (!this.has(name)) return fallback;
    const n = Math.trunc(Number(this.str(name)));
    return Number.isFinite(n) ? Math.min(max, Math.max(min, n)) : fallback;
  }

  float(name: string, fallback = 0): number {
    const n = Number(this.str(name));
    return this.has(name) && Number.isFinite(n) ? n : fallback;
  }

  bool(name: string): boolean {
    return /^(true|1|yes)$/i.test(this.str(name));
  }

  /** A nested object: an object in a JSON body, or JSON text in any other form. */
  json(name: string, complaint: string): unknown {
    const value = this.values.get(name);
    if (value === undefined || value === null || value === '') return undefined;
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      throw badRequest(complaint);
    }
  }

  file(name: string): FilePart | undefined {
    const value = this.values.get(name);
    return value instanceof FilePart ? value : undefined;
  }

  /** The parameters for the call log: a file is replaced by its name and size. */
  toLog(): Dict {
    const out: Dict = {};
    for (const [name, value] of this.values) {
      out[name] = value instanceof FilePart ? { file_name: value.filename, mime_type: value.mime, size: value.bytes.length } : value;
    }
    return out;
  }
}

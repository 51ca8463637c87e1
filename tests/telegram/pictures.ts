// Small pictures without a library: PNG reading, scaling, writing, a drawn test picture, and the size of any image.
import { crc32, deflateSync, inflateSync } from 'node:zlib';

export interface Bitmap {
  width: number;
  height: number;
  /** RGBA, 8 bits each. */
  data: Uint8Array;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Larger uploads are not scaled; their thumbnails are drawn instead. */
const MAX_SCALED_PIXELS = 4_000_000;

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

/** Written as RGB with the "sub" filter, which compresses smooth drawings well. */
export function encodePng(bitmap: Bitmap): Buffer {
  const { width, height, data } = bitmap;
  const rows = Buffer.alloc(height * (1 + width * 3));
  let at = 0;
  for (let y = 0; y < height; y++) {
    rows[at++] = 1;
    for (let x = 0; x < width; x++) {
      const i = (y * width + x) * 4;
      for (let c = 0; c < 3; c++) rows[at++] = (data[i + c]! - (x ? data[i + c - 4]! : 0)) & 255;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 6 })), chunk('IEND', Buffer.alloc(0))]);
}

/** Reads 8-bit grey, RGB and RGBA without interlacing, as in test pictures. Undefined for any other format. */
export function decodePng(file: Buffer): Bitmap | undefined {
  if (!file.subarray(0, 8).equals(SIGNATURE) || file.length < 33) return undefined;
  const width = file.readUInt32BE(16);
  const height = file.readUInt32BE(20);
  const channels = { 0: 1, 2: 3, 6: 4 }[file[25]!];
  if (file[24] !== 8 || !channels || file[28] !== 0 || width * height > MAX_SCALED_PIXELS) return undefined;
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  try {
    const rows = inflateSync(Buffer.concat(parts), { maxOutputLength: (width * channels + 1) * height });
    return rows.length === (width * channels + 1) * height ? unfilter(rows, width, height, channels) : undefined;
  } catch {
    return undefined;
  }
}

function unfilter(rows: Buffer, width: number, height: number, channels: number): Bitmap {
  const stride = width * channels;
  const data = new Uint8Array(width * height * 4);
  let previous: Uint8Array = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    const line = Uint8Array.from(rows.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let i = 0; i < stride; i++) {
      const left = i >= channels ? line[i - channels]! : 0;
      const corner = i >= channels ? previous[i - channels]! : 0;
      line[i] = line[i]! + predict(filter, left, previous[i]!, corner);
    }
    for (let x = 0; x < width; x++) {
      const at = x * channels;
      const grey = channels === 1;
      data.set([line[at]!, line[grey ? at : at + 1]!, line[grey ? at : at + 2]!, channels === 4 ? line[at + 3]! : 255], (y * width + x) * 4);
    }
    previous = line;
  }
  return { width, height, data };
}

function predict(filter: number, a: number, b: number, c: number): number {
  if (filter === 1) return a;
  if (filter === 2) return b;
  if (filter === 3) return (a + b) >> 1;
  if (filter !== 4) return 0;
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** A box filter, which suffices for scaling down. */
export function scale(source: Bitmap, width: number, height: number): Bitmap {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const y0 = Math.floor((y * source.height) / height);
    const y1 = Math.max(y0 + 1, Math.floor(((y + 1) * source.height) / height));
    for (let x = 0; x < width; x++) {
      const x0 = Math.floor((x * source.width) / width);
      const x1 = Math.max(x0 + 1, Math.floor(((x + 1) * source.width) / width));
      average(source, x0, y0, x1, y1, data, (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

function average(source: Bitmap, x0: number, y0: number, x1: number, y1: number, out: Uint8Array, at: number): void {
  const sums = [0, 0, 0, 0];
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const i = (y * source.width + x) * 4;
      for (let c = 0; c < 4; c++) sums[c]! += source.data[i + c]!;
    }
  }
  const n = (x1 - x0) * (y1 - y0);
  for (let c = 0; c < 4; c++) out[at + c] = sums[c]! / n;
}

/** A landscape with a sky, a sun and three ranges of hills; the seed determines colours and shapes. */
export function drawPicture(seed: number, width: number, height: number): Bitmap {
  const hue = (seed * 47) % 360;
  const sky = [rgb(hue, 0.55, 0.42), rgb((hue + 40) % 360, 0.7, 0.78)];
  const hills = [rgb(hue, 0.3, 0.45), rgb(hue, 0.35, 0.33), rgb(hue, 0.4, 0.2)];
  const sun = { x: width * (0.25 + ((seed * 13) % 50) / 100), y: height * 0.34, r: Math.min(width, height) * 0.12 };
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let colour = mix(sky[0]!, sky[1]!, y / height);
      const distance = Math.hypot(x - sun.x, y - sun.y);
      if (distance < sun.r * 2.2) colour = mix([255, 246, 220], colour, Math.min(1, Math.max(0, (distance - sun.r) / (sun.r * 1.2)) + (distance < sun.r ? 0 : 0.25)));
      for (let h = 0; h < 3; h++) {
        const wave = Math.sin((x / width) * (4 + h * 2.3) + seed + h * 2) + Math.sin((x / width) * (9 - h) + seed * 2) * 0.5;
        if (y > height * (0.55 + h * 0.14 + wave * 0.055)) colour = hills[h]!;
      }
      data.set([colour[0]!, colour[1]!, colour[2]!, 255], (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

const mix = (a: number[], b: number[], t: number): number[] => a.map((v, i) => v + (b[i]! - v) * t);

function rgb(hue: number, saturation: number, lightness: number): number[] {
  const a = saturation * Math.min(lightness, 1 - lightness);
  return [0, 8, 4].map((n) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  });
}

export interface ImageInfo {
  width: number;
  height: number;
  mime: string;
  extension: string;
}

/** From the header only; undefined unless the file is a PNG, JPEG, GIF or WebP. */
export function imageInfo(file: Buffer): ImageInfo | undefined {
  if (file.length > 24 && file.subarray(0, 8).equals(SIGNATURE)) {
    return { width: file.readUInt32BE(16), height: file.readUInt32BE(20), mime: 'image/png', extension: 'png' };
  }
  if (file.length > 10 && file.toString('latin1', 0, 4) === 'GIF8') {
    return { width: file.readUInt16LE(6), height: file.readUInt16LE(8), mime: 'image/gif', extension: 'gif' };
  }
  if (file.length > 30 && file.toString('latin1', 8, 12) === 'WEBP') return webpInfo(file);
  if (file.length > 4 && file[0] === 0xff && file[1] === 0xd8) return jpegInfo(file);
  return undefined;
}

function webpInfo(file: Buffer): ImageInfo {
  const kind = file.toString('latin1', 12, 16);
  let [width, height] = [512, 512];
  if (kind === 'VP8X') [width, height] = [file.readUIntLE(24, 3) + 1, file.readUIntLE(27, 3) + 1];
  if (kind === 'VP8 ') [width, height] = [file.readUInt16LE(26) & 0x3fff, file.readUInt16LE(28) & 0x3fff];
  if (kind === 'VP8L') {
    const bits = file.readUInt32LE(21);
    [width, height] = [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1];
  }
  return { width, height, mime: 'image/webp', extension: 'webp' };
}

function jpegInfo(file: Buffer): ImageInfo | undefined {
  for (let at = 2; at + 9 < file.length; ) {
    if (file[at] !== 0xff) return undefined;
    const marker = file[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: file.readUInt16BE(at + 5), width: file.readUInt16BE(at + 7), mime: 'image/jpeg', extension: 'jpg' };
    at += 2 + file.readUInt16BE(at + 2);
  }
  return undefined;
}

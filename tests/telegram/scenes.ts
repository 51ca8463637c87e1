// Drawn pictures for the stories of the demo: a parcel, a lamp, a screen with an error, a receipt; and a sticker.
import type { Bitmap } from './pictures.ts';

type Point = [x: number, y: number];
type Colour = [r: number, g: number, b: number];

/** Coordinates run from 0 to 1 across and down, so that a scene can be drawn in any size. */
class Painter {
  readonly bitmap: Bitmap;

  constructor(width: number, height: number, top: Colour, bottom: Colour) {
    this.bitmap = { width, height, data: new Uint8Array(width * height * 4) };
    for (let y = 0; y < height; y++) {
      const t = y / height;
      for (let x = 0; x < width; x++) this.put(x, y, top[0] + (bottom[0] - top[0]) * t, top[1] + (bottom[1] - top[1]) * t, top[2] + (bottom[2] - top[2]) * t);
    }
  }

  private put(x: number, y: number, r: number, g: number, b: number): void {
    const at = (y * this.bitmap.width + x) * 4;
    const { data } = this.bitmap;
    data[at] = r;
    data[at + 1] = g;
    data[at + 2] = b;
    data[at + 3] = 255;
  }

  /** Scan lines with the even-odd rule; `shade` darkens towards the bottom. */
  polygon(points: Point[], [r, g, b]: Colour, shade = 0): this {
    const { width, height } = this.bitmap;
    const ys = points.map((p) => p[1] * height);
    const [from, to] = [Math.max(0, Math.floor(Math.min(...ys))), Math.min(height - 1, Math.ceil(Math.max(...ys)))];
    for (let y = from; y <= to; y++) {
      const f = 1 - (shade * (y - from)) / Math.max(1, to - from);
      const xs = crossings(points, y / height).map((x) => x * width);
      for (let i = 0; i + 1 < xs.length; i += 2) {
        for (let x = Math.max(0, Math.round(xs[i]!)); x < Math.min(width, Math.round(xs[i + 1]!)); x++) this.put(x, y, r * f, g * f, b * f);
      }
    }
    return this;
  }

  rect(x: number, y: number, w: number, h: number, colour: Colour, shade = 0): this {
    return this.polygon([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], colour, shade);
  }

  ellipse(x: number, y: number, rx: number, ry: number, colour: Colour, shade = 0): this {
    const points = Array.from({ length: 48 }, (_v, i): Point => [x + rx * Math.cos((i * Math.PI) / 24), y + ry * Math.sin((i * Math.PI) / 24)]);
    return this.polygon(points, colour, shade);
  }

  line(points: Point[], thickness: number, colour: Colour): this {
    for (let i = 0; i + 1 < points.length; i++) {
      const [[x0, y0], [x1, y1]] = [points[i]!, points[i + 1]!];
      const length = Math.hypot(x1 - x0, y1 - y0) || 1;
      const [dx, dy] = [((y1 - y0) / length) * thickness, ((x1 - x0) / length) * thickness];
      this.polygon([[x0 - dx, y0 + dy], [x1 - dx, y1 + dy], [x1 + dx, y1 - dy], [x0 + dx, y0 - dy]], colour);
    }
    return this;
  }
}

function crossings(points: Point[], y: number): number[] {
  const xs: number[] = [];
  for (let i = 0; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i]!, points[(i + 1) % points.length]!];
    if (y0 <= y !== y1 <= y) xs.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return xs.sort((a, b) => a - b);
}

function parcel(width: number, height: number): Bitmap {
  return new Painter(width, height, [226, 221, 212], [205, 197, 184])
    .rect(0, 0.68, 1, 0.32, [150, 113, 82], 0.25)
    .ellipse(0.5, 0.84, 0.36, 0.06, [104, 76, 54])
    .polygon([[0.22, 0.36], [0.6, 0.44], [0.6, 0.86], [0.22, 0.76]], [196, 148, 98], 0.12)
    .polygon([[0.6, 0.44], [0.82, 0.34], [0.82, 0.72], [0.6, 0.86]], [166, 120, 76], 0.12)
    .polygon([[0.22, 0.36], [0.45, 0.27], [0.82, 0.34], [0.6, 0.44]], [214, 168, 118])
    .polygon([[0.38, 0.395], [0.44, 0.408], [0.66, 0.31], [0.6, 0.3]], [232, 214, 176])
    .polygon([[0.38, 0.395], [0.44, 0.408], [0.44, 0.5], [0.38, 0.487]], [224, 203, 162])
    .polygon([[0.47, 0.86 - 0.035], [0.6, 0.86], [0.6, 0.7], [0.55, 0.74], [0.56, 0.66], [0.5, 0.73], [0.51, 0.78]], [62, 42, 28])
    .polygon([[0.6, 0.86], [0.72, 0.785], [0.66, 0.73], [0.67, 0.68], [0.6, 0.7]], [48, 32, 22])
    .polygon([[0.26, 0.55], [0.36, 0.572], [0.36, 0.68], [0.26, 0.655]], [244, 242, 236])
    .line([[0.275, 0.585], [0.345, 0.6]], 0.004, [90, 90, 96])
    .line([[0.275, 0.61], [0.345, 0.625]], 0.004, [90, 90, 96])
    .line([[0.275, 0.635], [0.32, 0.645]], 0.004, [90, 90, 96]).bitmap;
}

function lamp(width: number, height: number): Bitmap {
  return new Painter(width, height, [222, 230, 233], [196, 207, 212])
    .rect(0, 0.8, 1, 0.2, [126, 92, 68], 0.3)
    .ellipse(0.5, 0.84, 0.22, 0.04, [84, 60, 44])
    .polygon([[0.3, 0.46], [0.4, 0.16], [0.6, 0.16], [0.7, 0.46]], [244, 206, 132], 0.16)
    .rect(0.488, 0.46, 0.024, 0.26, [92, 97, 104])
    .polygon([[0.42, 0.82], [0.44, 0.72], [0.56, 0.72], [0.58, 0.82]], [72, 110, 128], 0.3)
    .ellipse(0.5, 0.82, 0.12, 0.03, [62, 96, 112])
    .line([[0.55, 0.16], [0.53, 0.24], [0.57, 0.29], [0.53, 0.37], [0.56, 0.46]], 0.005, [70, 48, 30])
    .line([[0.57, 0.29], [0.63, 0.32], [0.66, 0.38]], 0.004, [70, 48, 30])
    .polygon([[0.62, 0.84], [0.68, 0.83], [0.66, 0.87]], [244, 206, 132])
    .polygon([[0.7, 0.88], [0.74, 0.86], [0.75, 0.9]], [236, 192, 116]).bitmap;
}

function screen(width: number, height: number): Bitmap {
  const p = new Painter(width, height, [28, 34, 46], [18, 22, 32]);
  p.rect(0.08, 0.08, 0.84, 0.84, [244, 246, 250]).rect(0.08, 0.08, 0.84, 0.1, [58, 110, 196]);
  for (let i = 0; i < 3; i++) p.ellipse(0.12 + i * 0.035, 0.13, 0.009, 0.012, [222, 232, 248]);
  p.ellipse(0.5, 0.38, 0.085, 0.113, [214, 72, 72]).rect(0.49, 0.31, 0.02, 0.09, [255, 255, 255]).ellipse(0.5, 0.435, 0.012, 0.016, [255, 255, 255]);
  for (const [y, w] of [[0.55, 0.4], [0.6, 0.52], [0.65, 0.3]] as const) p.rect(0.5 - w / 2, y, w, 0.02, [168, 176, 190]);
  return p.rect(0.38, 0.74, 0.24, 0.08, [58, 110, 196]).rect(0.43, 0.77, 0.14, 0.02, [235, 241, 252]).bitmap;
}

function receipt(width: number, height: number): Bitmap {
  const p = new Painter(width, height, [92, 78, 66], [66, 55, 46]);
  const edge = Array.from({ length: 13 }, (_v, i): Point => [0.7 - i * (0.4 / 12), 0.92 + (i % 2) * 0.02]);
  p.polygon([[0.3, 0.06], [0.7, 0.06], ...edge], [250, 248, 242], 0.06).rect(0.4, 0.12, 0.2, 0.025, [60, 60, 66]);
  for (let i = 0; i < 9; i++) {
    p.rect(0.35, 0.22 + i * 0.05, 0.1 + ((i * 7) % 5) * 0.02, 0.014, [140, 140, 148]).rect(0.6, 0.22 + i * 0.05, 0.05, 0.014, [140, 140, 148]);
  }
  p.rect(0.35, 0.7, 0.3, 0.006, [90, 90, 96]).rect(0.35, 0.73, 0.12, 0.024, [50, 50, 56]).rect(0.57, 0.73, 0.08, 0.024, [50, 50, 56]);
  for (let i = 0; i < 30; i++) p.rect(0.36 + i * 0.0094, 0.81, i % 3 ? 0.003 : 0.006, 0.07, [40, 40, 44]);
  return p.bitmap;
}

export const scenes: Record<string, (width: number, height: number) => Bitmap> = { parcel, lamp, screen, receipt };

// --- a sticker as lossless WebP ------------------------------------------------------------------------------------------

/**
 * Each channel has two values, so that every prefix code is the format's "simple" one with one bit per symbol, and the encoder
 * is short. Yellow, dark, light pink and transparent suffice for a face.
 */
const CHANNELS = { g: [60, 205], r: [50, 255], b: [55, 70], a: [0, 255] };

class BitWriter {
  private readonly bytes: number[] = [];
  private used = 0;
  write(value: number, bits: number): void {
    for (let i = 0; i < bits; i++, this.used++) {
      if (this.used % 8 === 0) this.bytes.push(0);
      this.bytes[this.bytes.length - 1]! |= ((value >> i) & 1) << (this.used % 8);
    }
  }
  finish(): Buffer {
    return Buffer.from(this.bytes);
  }
}

/** For each pixel: whether its green, red, blue and alpha have the second value of the channel. */
function face(x: number, y: number): [number, number, number, number] {
  const d = Math.hypot(x - 256, y - 256);
  if (d > 236) return [0, 0, 0, 0];
  const eye = Math.min(Math.hypot((x - 176) / 1, (y - 200) / 1.35), Math.hypot((x - 336) / 1, (y - 200) / 1.35)) < 27;
  const mouth = y > 278 && Math.hypot((x - 256) / 1.25, y - 278) < 104;
  const tongue = mouth && Math.hypot((x - 256) / 1.2, y - 392) < 56;
  if (tongue) return [0, 1, 1, 1];
  return eye || mouth || d > 226 ? [0, 0, 0, 1] : [1, 1, 1, 1];
}

export function smileSticker(size = 512): Buffer {
  const bits = new BitWriter();
  bits.write(0x2f, 8);
  bits.write(size - 1, 14);
  bits.write(size - 1, 14);
  bits.write(1, 1);
  bits.write(0, 3);
  bits.write(0, 3);
  for (const [low, high] of [CHANNELS.g, CHANNELS.r, CHANNELS.b, CHANNELS.a] as [number, number][]) {
    bits.write(0b111, 3);
    bits.write(low, 8);
    bits.write(high, 8);
  }
  // The distance code is not used: one symbol, 0, with no bits.
  bits.write(0b0001, 4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) for (const bit of face((x * 512) / size, (y * 512) / size)) bits.write(bit, 1);
  }
  const data = bits.finish();
  const padded = Buffer.concat([data, Buffer.alloc(data.length & 1)]);
  const head = Buffer.alloc(20);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(12 + padded.length, 4);
  head.write('WEBPVP8L', 8, 'latin1');
  head.writeUInt32LE(data.length, 16);
  return Buffer.concat([head, padded]);
}

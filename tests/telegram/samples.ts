// Built-in media for customers who have no file at hand: drawn pictures, a silent voice note, a short clip, a sticker.
import { deflateRawSync } from 'node:zlib';
import type { FileFacts, FileKind } from './files.ts';
import { drawPicture, encodePng } from './pictures.ts';
import { scenes, smileSticker } from './scenes.ts';

const pictures = new Map<string, Buffer>();

/** A landscape by number, or a scene by name; drawn once for each size. */
export function samplePicture(seed: number | string, width = 640, height = 480): Buffer {
  const key = `${seed}|${width}|${height}`;
  let png = pictures.get(key);
  if (!png) {
    const scene = scenes[String(seed)];
    pictures.set(key, (png = encodePng(scene ? scene(width, height) : drawPicture(Number(seed) || 1, width, height))));
  }
  return png;
}

let sticker: Buffer | undefined;

export interface Sample {
  bytes: Buffer;
  facts: FileFacts;
}

export function sample(kind: FileKind, seed: number, scene?: string): Sample {
  switch (kind) {
    case 'photo':
      return { bytes: samplePicture(scene ?? seed, scene ? 1024 : 640, scene ? 768 : 480), facts: {} };
    case 'voice':
      return { bytes: silentOpus(3 + (seed % 9)), facts: { duration: 3 + (seed % 9), mime: 'audio/ogg' } };
    case 'audio':
      return { bytes: silentOpus(20), facts: { duration: 20, mime: 'audio/ogg', name: 'recording.ogg', title: 'Recording', performer: 'Customer' } };
    case 'sticker':
      return { bytes: (sticker ??= smileSticker()), facts: { emoji: '😄', name: 'sticker.webp' } };
    case 'video':
      return { bytes: clip(seed), facts: { width: 640, height: 360, duration: 4, name: 'clip.mp4', mime: 'video/mp4', thumbnail: samplePicture(seed, 320, 180) } };
    case 'animation':
      return { bytes: clip(seed), facts: { width: 320, height: 240, duration: 2, name: 'loop.mp4', mime: 'video/mp4', thumbnail: samplePicture(seed, 320, 240) } };
    case 'video_note':
      return { bytes: clip(seed), facts: { width: 384, duration: 5, thumbnail: samplePicture(seed, 320, 320) } };
    default:
      return { bytes: Buffer.from(`%PDF-1.4\n% sample ${seed}\n${samplePdf(seed)}`), facts: { name: `invoice-${1000 + seed}.pdf`, mime: 'application/pdf' } };
  }
}

/** One page with a line of text, which viewers can open. */
function samplePdf(seed: number): string {
  const text = `BT /F1 24 Tf 72 720 Td (Invoice ${1000 + seed}) Tj ET`;
  return [
    '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj',
    '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj',
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj',
    `4 0 obj<</Length ${text.length}>>stream\n${text}\nendstream endobj`,
    '5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj',
    'trailer<</Root 1 0 R>>',
    '%%EOF',
  ].join('\n');
}

// --- Ogg Opus (RFC 7845) ---------------------------------------------------------------------------------------------

/** The CRC of Ogg: polynomial 0x04c11db7, not reflected, no final inversion. */
function oggCrc(data: Buffer): number {
  let crc = 0;
  for (const byte of data) {
    crc ^= byte << 24;
    for (let i = 0; i < 8; i++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}

function oggPage(flags: number, granule: number, sequence: number, packets: Buffer[]): Buffer {
  const head = Buffer.alloc(27 + packets.length);
  head.write('OggS', 0, 'latin1');
  head[5] = flags;
  head.writeBigUInt64LE(BigInt(granule), 6);
  head.writeUInt32LE(0x5b0a2d, 14);
  head.writeUInt32LE(sequence, 18);
  head[26] = packets.length;
  packets.forEach((packet, i) => (head[27 + i] = packet.length));
  const page = Buffer.concat([head, ...packets]);
  page.writeUInt32LE(oggCrc(page), 22);
  return page;
}

/** Packets of 20 ms of silence, 50 per page: a valid file that players can open. */
export function silentOpus(seconds: number): Buffer {
  const head = Buffer.from([...Buffer.from('OpusHead'), 1, 1, 0x38, 0x01, 0x80, 0xbb, 0, 0, 0, 0, 0]);
  const tags = Buffer.from([...Buffer.from('OpusTags'), 4, 0, 0, 0, ...Buffer.from('none'), 0, 0, 0, 0]);
  const pages = [oggPage(2, 0, 0, [head]), oggPage(0, 0, 1, [tags])];
  const silence = Buffer.from([0xf8, 0xff, 0xfe]);
  for (let s = 0; s < seconds; s++) {
    pages.push(oggPage(s === seconds - 1 ? 4 : 0, (s + 1) * 48_000, s + 2, Array<Buffer>(50).fill(silence)));
  }
  return Buffer.concat(pages);
}

/** An MP4 with a brand and without a track: recognised by its header, not playable. */
function clip(seed: number): Buffer {
  const ftyp = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom'), Buffer.from([0, 0, 2, 0]), Buffer.from('isommp42')]);
  const noise = deflateRawSync(Buffer.alloc(512, seed & 255));
  const mdat = Buffer.alloc(8);
  mdat.writeUInt32BE(8 + noise.length, 0);
  mdat.write('mdat', 4, 'latin1');
  return Buffer.concat([ftyp, mdat, noise]);
}

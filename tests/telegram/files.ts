// Stored files: uploads of bots and files of customers, with stable unique ids, several photo sizes and expiring links.
//
// Objects made here have `~unique` as file_id, which is replaced by the id for the bot when the object is sent (Bot.ownFileIds).
import { createHash } from 'node:crypto';
import type { Dict } from './errors.ts';
import { badRequest } from './errors.ts';
import type { Bitmap } from './pictures.ts';
import { decodePng, drawPicture, encodePng, imageInfo, scale } from './pictures.ts';
import type { Settings } from './world.ts';

export type FileKind = 'photo' | 'video' | 'animation' | 'audio' | 'document' | 'voice' | 'video_note' | 'sticker' | 'thumbnail';

export interface StoredFile {
  unique: string;
  kind: FileKind;
  bytes: Buffer;
  path: string;
  mime: string;
  /** The content of a message with this file: an array of sizes for a photo, an object otherwise. */
  media: Dict | Dict[];
  linkUntilMs: number;
}

export interface FileFacts {
  name?: string | undefined;
  mime?: string | undefined;
  width?: number | undefined;
  height?: number | undefined;
  duration?: number | undefined;
  title?: string | undefined;
  performer?: string | undefined;
  emoji?: string | undefined;
  thumbnail?: Buffer | undefined;
}

/** The names of folders and the first letters of ids, as on the official server. */
const KINDS: Record<FileKind, { folder: string; prefix: string; extension: string; mime: string }> = {
  photo: { folder: 'photos', prefix: 'AgAC', extension: 'jpg', mime: 'image/jpeg' },
  video: { folder: 'videos', prefix: 'BAAC', extension: 'mp4', mime: 'video/mp4' },
  animation: { folder: 'animations', prefix: 'CgAC', extension: 'mp4', mime: 'video/mp4' },
  audio: { folder: 'music', prefix: 'CQAC', extension: 'mp3', mime: 'audio/mpeg' },
  document: { folder: 'documents', prefix: 'BQAC', extension: 'bin', mime: 'application/octet-stream' },
  voice: { folder: 'voice', prefix: 'AwAC', extension: 'oga', mime: 'audio/ogg' },
  video_note: { folder: 'video_notes', prefix: 'DQAC', extension: 'mp4', mime: 'video/mp4' },
  sticker: { folder: 'stickers', prefix: 'CAAC', extension: 'webp', mime: 'image/webp' },
  thumbnail: { folder: 'thumbnails', prefix: 'AAMC', extension: 'jpg', mime: 'image/jpeg' },
};

/** The largest dimensions of Telegram's sizes s, m, x and y. */
const PHOTO_BOXES = [90, 320, 800, 1280];
const MAX_PHOTO_SIDES = 10_000;
const MAX_PHOTO_RATIO = 20;
export const MAX_DOWNLOAD = 20 << 20;
const MAX_PHOTO = 10 << 20;
const MAX_UPLOAD = 50 << 20;
const MAX_LOCAL_UPLOAD = 2000 << 20;

export class FileStore {
  private readonly byUnique = new Map<string, StoredFile>();
  private readonly byPath = new Map<string, StoredFile>();
  private readonly settings: Settings;
  private readonly now: () => number;
  private next = 1;

  constructor(settings: Settings, now: () => number) {
    this.settings = settings;
    this.now = now;
  }

  clear(): void {
    this.byUnique.clear();
    this.byPath.clear();
  }

  get(unique: string): StoredFile | undefined {
    return this.byUnique.get(unique);
  }

  checkUpload(kind: FileKind, bytes: Buffer): void {
    const limit = this.settings.local_server ? MAX_LOCAL_UPLOAD : kind === 'photo' ? MAX_PHOTO : MAX_UPLOAD;
    if (bytes.length === 0) throw badRequest('file must be non-empty');
    if (bytes.length > limit) throw badRequest(`file of size ${bytes.length} bytes is too big for a ${kind.replace('_', ' ')}`);
  }

  /** Stores bytes once: the same content of the same kind keeps its unique id. */
  put(kind: FileKind, bytes: Buffer, facts: FileFacts = {}): StoredFile {
    this.checkUpload(kind, bytes);
    if (kind === 'photo') return this.putPhoto(bytes);
    const file = this.store(kind, bytes, facts.name, facts.mime);
    file.media = this.describe(file, facts);
    return file;
  }

  private store(kind: FileKind, bytes: Buffer, name?: string, mime?: string): StoredFile {
    const hash = createHash('sha256').update(kind).update('\0').update(bytes).update(`\0${kind === 'document' ? name : ''}`);
    const unique = `${KINDS[kind].prefix}${hash.digest('base64url').slice(0, 12)}`;
    const known = this.byUnique.get(unique);
    if (known) return known;
    const image = kind === 'photo' || kind === 'thumbnail' ? imageInfo(bytes) : undefined;
    const extension = image?.extension ?? /\.([a-z0-9]{1,8})$/i.exec(name ?? '')?.[1]?.toLowerCase() ?? KINDS[kind].extension;
    const file: StoredFile = {
      unique, kind, bytes, mime: image?.mime ?? mime ?? KINDS[kind].mime, media: {}, linkUntilMs: 0,
      path: `${KINDS[kind].folder}/file_${this.next++}.${extension}`,
    };
    this.byUnique.set(unique, file);
    this.byPath.set(file.path, file);
    return file;
  }

  private putPhoto(bytes: Buffer): StoredFile {
    const info = imageInfo(bytes);
    if (!info) throw badRequest('IMAGE_PROCESS_FAILED');
    const { width, height } = info;
    if (width + height > MAX_PHOTO_SIDES || Math.max(width, height) > MAX_PHOTO_RATIO * Math.min(width, height)) {
      throw badRequest('PHOTO_INVALID_DIMENSIONS');
    }
    const original = this.store('photo', bytes);
    if (Array.isArray(original.media)) return original;
    const bitmap = decodePng(bytes);
    const sizes = PHOTO_BOXES.filter((box) => box < Math.max(width, height)).map((box) => {
      const factor = box / Math.max(width, height);
      return this.smaller(bitmap, Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor)));
    });
    const all = [...sizes, { file: original, width, height }];
    const media = all.map(({ file, width: w, height: h }) => ({ ...ids(file), file_size: file.bytes.length, width: w, height: h }));
    for (const { file } of all) file.media = media;
    return original;
  }

  /** For an image that cannot be decoded here (a JPEG) the smaller sizes are drawn pictures of the right dimensions. */
  private smaller(bitmap: Bitmap | undefined, width: number, height: number): { file: StoredFile; width: number; height: number } {
    const bytes = encodePng(bitmap ? scale(bitmap, width, height) : drawPicture(this.next, width, height));
    return { file: this.store('photo', bytes), width, height };
  }

  private thumbnail(bytes: Buffer): Dict {
    const info = imageInfo(bytes) ?? { width: 320, height: 320 };
    const file = this.store('thumbnail', bytes);
    return { ...ids(file), file_size: bytes.length, width: info.width, height: info.height };
  }

  private describe(file: StoredFile, facts: FileFacts): Dict {
    const size = { file_size: file.bytes.length };
    const thumbnail = facts.thumbnail ? this.thumbnail(facts.thumbnail) : undefined;
    const thumb = thumbnail ? { thumbnail, thumb: thumbnail } : {};
    const named = { ...(facts.name ? { file_name: facts.name } : {}), mime_type: file.mime };
    const image = imageInfo(file.bytes);
    const frame = { width: facts.width || image?.width || 640, height: facts.height || image?.height || 360 };
    const duration = { duration: facts.duration ?? 0 };
    switch (file.kind) {
      case 'video':
      case 'animation':
        return { ...ids(file), ...frame, ...duration, ...named, ...thumb, ...size };
      case 'audio':
        return { ...ids(file), ...duration, ...pick(facts, 'title', 'performer'), ...named, ...thumb, ...size };
      case 'voice':
        return { ...ids(file), ...duration, mime_type: file.mime, ...size };
      case 'video_note':
        return { ...ids(file), length: facts.width || 240, ...duration, ...thumb, ...size };
      case 'sticker':
        return {
          ...ids(file), type: 'regular', width: 512, height: 512, is_animated: file.path.endsWith('.tgs'),
          is_video: file.path.endsWith('.webm'), ...pick(facts, 'emoji'), ...thumb, ...size,
        };
      default:
        return { ...ids(file), ...named, ...thumb, ...size };
    }
  }

  /** Makes the download link valid for an hour. */
  link(file: StoredFile): string {
    file.linkUntilMs = this.now() + this.settings.file_link_ttl_s * 1000;
    return file.path;
  }

  /** Undefined if the link has expired or was never made. */
  open(path: string): StoredFile | undefined {
    const file = this.byPath.get(path);
    return file && file.linkUntilMs > this.now() ? file : undefined;
  }
}

const ids = (file: StoredFile): Dict => ({ file_id: `~${file.unique}`, file_unique_id: file.unique });

function pick(facts: FileFacts, ...names: (keyof FileFacts)[]): Dict {
  const out: Dict = {};
  for (const name of names) if (facts[name]) out[name] = facts[name];
  return out;
}

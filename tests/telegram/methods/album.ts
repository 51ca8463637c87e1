// sendMediaGroup: 2 to 10 items as separate messages with the same media_group_id.
import { randomInt } from 'node:crypto';
import type { Dict } from '../errors.ts';
import { badRequest } from '../errors.ts';
import type { FileFacts, FileKind } from '../files.ts';
import { formatText } from '../text.ts';
import type { Context, Method } from './common.ts';
import { captionOf, checkWritable, findRoom, inputFile, mediaContent, sendContent } from './common.ts';

const KINDS: Record<string, FileKind> = { photo: 'photo', video: 'video', document: 'document', audio: 'audio', animation: 'animation' };

export const newGroupId = (): string => String(13_000_000_000_000_000n + BigInt(randomInt(1, 2 ** 47)));

/** One InputMedia as the content of a message. */
export async function inputMedia(ctx: Context, item: unknown): Promise<{ kind: FileKind; content: Dict }> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw badRequest('expected an Array of InputMedia');
  const media = item as Dict;
  const kind = KINDS[String(media['type'])];
  if (!kind) throw badRequest(`can't parse InputMedia: type "${media['type']}" is unknown`);
  if (!media['media']) throw badRequest("can't parse InputMedia: media not found");
  const facts: FileFacts = {};
  for (const name of ['width', 'height', 'duration'] as const) if (media[name] !== undefined) facts[name] = Number(media[name]);
  for (const name of ['title', 'performer'] as const) if (media[name] !== undefined) facts[name] = String(media[name]);
  const file = await inputFile(ctx, kind, media['media'], facts);
  const caption = captionOf(formatText(String(media['caption'] ?? ''), String(media['parse_mode'] ?? ''), media['caption_entities']));
  const content: Dict = { ...mediaContent(file), ...caption };
  if (media['has_spoiler']) content['has_media_spoiler'] = true;
  if (media['show_caption_above_media']) content['show_caption_above_media'] = true;
  return { kind, content };
}

export function checkMix(kinds: FileKind[]): void {
  for (const kind of kinds) {
    if ((kind === 'document' || kind === 'audio') && kinds.some((other) => other !== kind)) {
      throw badRequest(`${kind} can't be mixed with other media types`);
    }
  }
}

const sendMediaGroup: Method = async (ctx) => {
  const list = ctx.params.json('media', "can't parse media JSON object");
  if (list === undefined || !Array.isArray(list)) throw badRequest('expected an Array of InputMedia');
  if (list.length === 0) throw badRequest('there are no messages to send');
  if (list.length > 10) throw badRequest('too many messages to send as an album');
  if (list.some((item) => item?.type === 'animation')) {
    throw badRequest(`can't parse InputMedia: type "animation" can't be used in sendMediaGroup`);
  }
  checkWritable(ctx.bot, findRoom(ctx));
  const items = [];
  for (const [i, item] of list.entries()) items.push(await albumItem(ctx, item, i));
  checkMix(items.map((item) => item.kind));
  ctx.world.limits.charge(ctx.bot.id, Number(findRoom(ctx).chat['id']), items.length);
  const group = newGroupId();
  // A single item is sent as a plain message.
  const shared = items.length > 1 ? { media_group_id: group } : {};
  return items.map(({ content }) => sendContent(ctx, { ...content, ...shared }, 0).message);
};

async function albumItem(ctx: Context, item: unknown, i: number): Promise<{ kind: FileKind; content: Dict }> {
  try {
    return await inputMedia(ctx, item);
  } catch (error) {
    const code = /: ([A-Z][A-Z0-9_]+)$/.exec((error as Error).message)?.[1];
    throw code ? badRequest(`failed to send message #${i + 1} with the error message "${code}"`) : error;
  }
}

export const albumMethods: Record<string, Method> = { sendMediaGroup };

// Sends every kind of message. The files can be played: voice messages are tones, videos are recorded by the browser.
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import type { Customer, Simulator } from '../telegram/client.ts';
import type { Dict } from '../telegram/errors.ts';
import { samplePicture } from '../telegram/samples.ts';

/** A WAV file whose volume varies as in speech. */
export function voiceWav(seconds: number): Buffer {
  const rate = 8000;
  const samples = Buffer.alloc(seconds * rate * 2);
  for (let i = 0; i < seconds * rate; i++) {
    const at = i / rate;
    const loud = Math.abs(Math.sin(at * 2.1)) * (0.35 + 0.65 * Math.abs(Math.sin(at * 7.3))) * (at % 1.7 < 1.4 ? 1 : 0.05);
    samples.writeInt16LE(Math.round(Math.sin(i * 0.17) * loud * 20_000), i * 2);
  }
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}

/** A WebM clip of a moving drawing, in base64. */
export async function recordClip(page: Page, width: number, height: number, hue: number): Promise<string> {
  return page.evaluate(async ({ width, height, hue }) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d')!;
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm;codecs=vp8' });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const done = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start();
    for (let frame = 0; frame < 30; frame++) {
      const sky = context.createLinearGradient(0, 0, 0, height);
      sky.addColorStop(0, `hsl(${hue} 60% 62%)`);
      sky.addColorStop(1, `hsl(${hue + 40} 55% 34%)`);
      context.fillStyle = sky;
      context.fillRect(0, 0, width, height);
      context.fillStyle = 'white';
      context.beginPath();
      context.arc((width * (frame + 8)) / 46, height * (0.5 + 0.2 * Math.sin(frame / 4)), Math.min(width, height) / 7, 0, 7);
      context.fill();
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    recorder.stop();
    await done;
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  }, { width, height, hue });
}

/** An animated sticker: a rotating ball, as gzipped Lottie. */
export function tgs(): Buffer {
  const still = (k: unknown): Dict => ({ a: 0, k });
  const eased = { i: { x: [0.6], y: [1] }, o: { x: [0.4], y: [0] } };
  const turn = { a: 1, k: [{ t: 0, s: [0], ...eased }, { t: 60, s: [360] }] };
  const shape = (x: number, y: number, size: number, color: number[]): Dict => ({
    ty: 'gr', it: [
      { ty: 'el', p: still([x, y]), s: still([size, size]) },
      { ty: 'fl', c: still(color), o: still(100) },
      { ty: 'tr', p: still([0, 0]), a: still([0, 0]), s: still([100, 100]), r: still(0), o: still(100) },
    ],
  });
  const layer = { ty: 4, ind: 1, ip: 0, op: 60, st: 0, sr: 1, ks: { o: still(100), r: turn, p: still([256, 256, 0]), a: still([0, 0, 0]), s: still([100, 100, 100]) },
    shapes: [shape(0, -150, 90, [1, 1, 1, 1]), shape(0, 0, 420, [0.25, 0.45, 0.95, 1])] };
  return gzipSync(JSON.stringify({ tgs: 1, v: '5.5.2', fr: 60, ip: 0, op: 60, w: 512, h: 512, nm: 'ball', ddd: 0, assets: [], layers: [layer] }));
}

const base64 = (bytes: Buffer): string => bytes.toString('base64');

export interface Sent {
  /** The name of the example; several examples may be of one MessageKind. */
  kind: string;
  message: Dict;
}

/** Sends one example of each kind, and returns them in the order of sending. */
export async function sendEveryKind(sim: Simulator, who: Customer, page: Page): Promise<Sent[]> {
  const [wide, tall, square] = [await recordClip(page, 640, 360, 210), await recordClip(page, 270, 480, 330), await recordClip(page, 384, 384, 150)];
  const sent: Sent[] = [];
  const put = (kind: string, message: Dict): Dict => {
    sent.push({ kind, message });
    return message;
  };
  const raw = async (kind: string, content: Dict): Promise<Dict> => put(kind, (await sim.act(who, 'message', { content })).message);
  const webm = (file_name: string) => ({ file_name, mime: 'video/webm' });
  const voice = base64(voiceWav(7));

  const photo = put('photo', await sim.photo(who, { scene: 'lamp', caption: 'The lamp as it came' }));
  const video = put('video', await sim.media(who, 'video', { data_base64: wide, width: 640, height: 360, duration: 61, ...webm('unboxing.webm'), caption: 'It flickers after a minute' }));
  await raw('video above', { video: video['video'], caption: 'Words above the video', show_caption_above_media: true });
  put('video tall', await sim.media(who, 'video', { data_base64: tall, width: 270, height: 480, duration: 8, ...webm('tall.webm') }));
  put('animation', await sim.media(who, 'animation', { data_base64: wide, width: 640, height: 360, duration: 1, ...webm('loop.webm') }));
  put('video_note', await sim.media(who, 'video_note', { data_base64: square, width: 384, duration: 12, ...webm('note.webm') }));
  await raw('live_photo', { live_photo: { ...video['video'], duration: 2, photo: photo['photo'] } });
  put('spoiler', await sim.photo(who, { scene: 'receipt', spoiler: true, caption: 'Only for you' }));
  put('voice', await sim.media(who, 'voice', { data_base64: voice, duration: 7 }));
  put('audio', await sim.media(who, 'audio', { data_base64: voice, duration: 7, file_name: 'rain.wav', mime: 'audio/wav', ...{ title: 'Rain on the roof', performer: 'The Gutters' } }));
  put('document', await sim.media(who, 'document', { seed: 7, file_name: 'invoice-1007.pdf', mime: 'application/pdf', caption: 'The invoice' }));
  put('document picture', await sim.media(who, 'document', { data_base64: base64(samplePicture('parcel', 320, 240)), file_name: 'A photo with quite a long name that was sent as a file.png', mime: 'image/png' }));
  put('sticker', await sim.media(who, 'sticker', {}));
  put('sticker animated', await sim.media(who, 'sticker', { data_base64: base64(tgs()), file_name: 'ball.tgs', mime: 'application/x-tgsticker', emoji: '🎱' }));
  put('sticker video', await sim.media(who, 'sticker', { data_base64: square, ...webm('wave.webm'), emoji: '👋' }));
  put('location', await sim.location(who));
  await raw('live location', { location: { latitude: 48.2082, longitude: 16.3738, horizontal_accuracy: 30, heading: 90, live_period: 3600 } });
  put('venue', (await sim.act(who, 'venue', { title: 'Lampen am Ring', address: 'Opernring 5, 1010 Wien' })).message);
  put('contact', await sim.contact(who));
  put('contact of another', await sim.contact(who, { phone_number: '+43 660 1234567', first_name: 'Jonas', last_name: 'Berger' } as Dict));
  await raw('poll', { poll: poll({ options: [['Linen', 7], ['Opal glass', 2], ['Brushed brass, the one from the window', 1]], question: 'Which shade should I take?' }) });
  await raw('quiz', { poll: { ...poll({ options: [['E14', 1], ['E27', 3]], question: 'Which socket does it have?' }), type: 'quiz', is_anonymous: false, is_closed: true, correct_option_ids: [1], explanation: 'The larger of the two.' } });
  put('dice', (await sim.act(who, 'dice', { emoji: '🎲', value: 5 })).message);
  await raw('checklist', { checklist: { title: 'Before I call', tasks: [{ id: 1, text: 'Change the bulb', completion_date: 1 }, { id: 2, text: 'Try another socket', completion_date: 2 }, { id: 3, text: 'Look at the fuse' }] } });
  await raw('story', { story: { id: 3, chat: { id: -1001, type: 'channel', title: 'Lamps of Vienna' } } });
  await raw('game', { game: { title: 'Lamp Tycoon', description: 'Light a whole city.', photo: photo['photo'] } });
  await raw('invoice', { invoice: { title: 'Desk lamp, green', description: 'With a bulb and a year of warranty', start_parameter: '', currency: 'EUR', total_amount: 14_950 } });
  await raw('payment', { successful_payment: { currency: 'XTR', total_amount: 250, invoice_payload: 'order-4711', telegram_payment_charge_id: 'x', provider_payment_charge_id: 'y' } });
  await raw('refund', { refunded_payment: { currency: 'EUR', total_amount: 14_950, invoice_payload: 'order-4711', telegram_payment_charge_id: 'x' } });
  await raw('paid_media', { paid_media: { star_count: 25, paid_media: [{ type: 'photo', photo: photo['photo'] }, { type: 'preview', width: 100, height: 100 }, { type: 'preview' }] }, caption: 'The rest is behind the curtain' });
  await raw('gift', { gift: { gift: { id: 'g', sticker: sticker(sent), star_count: 50 }, text: 'For your patience' } });
  await raw('unique gift', { unique_gift: { gift: { base_name: 'Plush Lamp', name: 'PlushLamp-42', number: 42, model: { name: 'm', sticker: sticker(sent) } }, origin: 'transfer' } });
  await raw('web_app_data', { web_app_data: { button_text: 'Order', data: JSON.stringify({ order: 4711, items: [{ sku: 'LAMP-GREEN', count: 1 }, { sku: 'BULB-E27', count: 2 }], address: { city: 'Wien', street: 'Opernring 5' } }) } });
  await raw('rich', { rich_message: { blocks: [{ type: 'section_heading', text: 'What I tried' }, { type: 'list', items: [{ label: '1.', blocks: [{ type: 'paragraph', text: ['Turned it ', { type: 'bold', text: 'off and on' }] }] }, { label: '2.', blocks: [{ type: 'paragraph', text: 'Asked my brother' }] }] }] } });
  await sim.album(who, { items: [{ type: 'photo', scene: 'lamp' }, { type: 'video', data_base64: wide, width: 640, height: 360, duration: 9, ...webm('a.webm') }, { type: 'photo', scene: 'parcel', caption: 'All of it' }] }).then(({ messages }) => put('album', messages[0] as Dict));
  await sim.album(who, { items: [{ type: 'document', seed: 1 }, { type: 'document', seed: 2, file_name: 'warranty.docx', mime: 'application/octet-stream' }] }).then(({ messages }) => put('album of files', messages[0] as Dict));
  put('quote', await sim.text(who, 'Is this covered?', { reply_to: video['message_id'], quote: 'flickers after a minute' }));
  put('external', await sim.text(who, 'They say the same here', { extra: { external_reply: { origin: { type: 'channel', chat: { id: -5, type: 'channel', title: 'Desk News' }, message_id: 1, date: 1 }, video: video['video'] } } }));
  put('via', await sim.text(who, 'A picture of a lamp', { extra: { via_bot: { id: 9, is_bot: true, first_name: 'Pics', username: 'pics' } } }));
  await raw('hologram', { hologram: { depth: 3 } });
  await raw('pinned', { pinned_message: { message_id: photo['message_id'], date: 1, chat: photo['chat'], text: 'Read me' } });
  await raw('timer', { message_auto_delete_timer_changed: { message_auto_delete_time: 604_800 } });
  return sent;
}

function poll({ question, options }: { question: string; options: [string, number][] }): Dict {
  return {
    id: String(question.length), question, options: options.map(([text, voter_count]) => ({ persistent_id: text, text, voter_count })),
    total_voter_count: options.reduce((sum, [, count]) => sum + count, 0), is_closed: false, is_anonymous: true, type: 'regular', allows_multiple_answers: false,
    allows_revoting: true, members_only: false,
  };
}

const sticker = (sent: readonly Sent[]): Dict => sent.find(({ kind }) => kind === 'sticker animated')?.message['sticker'];

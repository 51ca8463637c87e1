// The table of methods, and how one is run: strict check, execution, response, log.
import type { Bot } from '../bots.ts';
import type { Call } from '../calls.ts';
import type { Dict } from '../errors.ts';
import { ApiError, badRequest, methodNotFound } from '../errors.ts';
import { Params } from '../params.ts';
import { albumMethods } from './album.ts';
import { chatMethods } from './chats.ts';
import type { Context, Method } from './common.ts';
import { ReadyJson } from './common.ts';
import { copyMethods } from './copy.ts';
import { editMethods } from './edit.ts';
import { sendMethods } from './send.ts';
import { topicMethods } from './topics.ts';
import { updateMethods } from './updates.ts';

let table: Map<string, { name: string; run: Method }> | undefined;

/** Built at the first use, because updates.ts and this file import each other. */
function methods(): Map<string, { name: string; run: Method }> {
  if (!table) {
    const all = { ...sendMethods, ...albumMethods, ...editMethods, ...copyMethods, ...chatMethods, ...topicMethods, ...updateMethods };
    table = new Map(Object.entries(all).map(([name, run]) => [name.toLowerCase(), { name, run }]));
  }
  return table;
}

export const methodList = (): string[] => [...methods().values()].map(({ name }) => name);

export interface Answer {
  status: number;
  json: string;
  headers: Dict;
}

/** The chat of a call, for faults, limits and the log. */
export function chatOf(params: Params): number | undefined {
  const text = params.str('chat_id');
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

export async function runMethod(bot: Bot, given: string, params: Params, fault?: string): Promise<Answer> {
  const { world } = bot;
  const started = performance.now();
  const known = methods().get(given.toLowerCase());
  const name = known?.name ?? world.spec.methodName(given) ?? given;
  const problems = known ? world.spec.checkRequest(name, params.values) : [];
  const log = (answer: Dict): void => {
    const call: Omit<Call, 'seq'> = {
      bot: bot.id, method: name, chat: chatOf(params), params: params.toLog(), at: new Date(world.now()).toISOString(),
      took_ms: Math.round((performance.now() - started) * 10) / 10, ok: answer['ok'],
    };
    Object.assign(call, answer, fault ? { fault } : {}, problems.length ? { problems } : {});
    world.calls.add(call);
  };
  try {
    if (!known) {
      console.error(`method not found: ${given} (bot ${bot.id}): the simulator does not have it`);
      throw methodNotFound();
    }
    if (world.settings.strict && problems.length) throw badRequest(`strict: ${problems.join('; ')}`);
    const ctx: Context = { world, bot, params };
    const result = await known.run(ctx);
    if (world.settings.strict && !(result instanceof ReadyJson)) world.note(world.spec.checkResult(name, result));
    const json = result instanceof ReadyJson ? result.json : bot.ownFileIds(JSON.stringify(result));
    log({ ok: true, ...(result instanceof ReadyJson ? {} : { resultJson: json }) });
    return { status: 200, json: `{"ok":true,"result":${json}${note(name)}}`, headers: {} };
  } catch (error) {
    const failure = error instanceof ApiError ? error : new ApiError(500, 'Internal Server Error');
    if (!(error instanceof ApiError)) console.error(error);
    log(failure.body());
    return failureAnswer(failure);
  }
}

/** A few responses contain a description besides the result. */
function note(name: string): string {
  if (name === 'setWebhook') return ',"description":"Webhook was set"';
  return name === 'deleteWebhook' ? ',"description":"Webhook was deleted"' : '';
}

export function failureAnswer(failure: ApiError): Answer {
  const retry = failure.parameters?.['retry_after'];
  return { status: failure.code, json: JSON.stringify(failure.body()), headers: retry ? { 'Retry-After': String(retry) } : {} };
}

/** Runs the method in the body of a webhook's 2xx response; its result is sent to nobody. */
export function executeReply(bot: Bot, call: Dict): void {
  const { method, ...rest } = call;
  void runMethod(bot, String(method), Params.of(rest), 'webhook_reply');
}

// getUpdates and the configuration of the webhook.
import type { Bot } from '../bots.ts';
import type { Dict } from '../errors.ts';
import { badRequest } from '../errors.ts';
import { Webhook } from '../webhook.ts';
import type { Context, Method } from './common.ts';
import { ReadyJson } from './common.ts';
import { executeReply } from './index.ts';

const MAX_POLL_S = 50;
const PORTS = ['', '80', '88', '443', '8443'];

const getUpdates: Method = async (ctx) => {
  const { params, bot } = ctx;
  bot.setAllowed(params.json('allowed_updates', "can't parse allowed_updates JSON object"));
  const json = await bot.getUpdates(params.int('offset'), params.int('limit', 100, 1, 100), params.int('timeout', 0, 0, MAX_POLL_S), params.request);
  return new ReadyJson(json);
};

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || host.startsWith('127.');
const isPrivateAddress = (host: string): boolean => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|0\.)/.test(host);

/** As on the cloud server, except that http to loopback is allowed, as on a local Bot API server. */
function checkUrl(ctx: Context, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : URL.canParse(`https://${text}`) && /^[^\s:]+\.[^\s:]+/.test(text) ? new URL(`https://${text}`) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw badRequest('invalid webhook URL specified');
  if (ctx.world.settings.local_server || isLoopback(url.hostname)) return url;
  if (url.protocol !== 'https:') throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
  if (!PORTS.includes(url.port)) throw badRequest('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443');
  if (isPrivateAddress(url.hostname)) throw badRequest(`bad webhook: IP address ${url.hostname} is reserved`);
  return url;
}

const setWebhook: Method = (ctx) => {
  const { params, bot } = ctx;
  const text = params.str('url').trim();
  const secret = params.str('secret_token');
  if (Buffer.byteLength(secret) > 256) throw badRequest('secret token is too long');
  if (!/^[A-Za-z0-9_-]*$/.test(secret)) throw badRequest('secret token contains unallowed characters');
  if (!text) return removeWebhook(ctx);
  const url = checkUrl(ctx, text);
  bot.setAllowed(params.json('allowed_updates', "can't parse allowed_updates JSON object"));
  const config = {
    url: url.href, secret, maxConnections: params.int('max_connections', 40, 1, 100),
    certificate: params.file('certificate')?.bytes, ip: params.str('ip_address') || (isLoopback(url.hostname) ? '127.0.0.1' : undefined),
  };
  bot.abortPoll('terminated by setWebhook request');
  bot.webhook?.stop();
  if (params.bool('drop_pending_updates')) bot.queue.drop();
  bot.webhook = new Webhook(bot, config, executeReply);
  rivalActs(bot);
  return true;
};

/** Simulates another server that sets its own webhook again. */
function rivalActs(bot: Bot): void {
  const url = bot.world.settings.webhook_rival;
  if (!url) return;
  bot.abortPoll('terminated by setWebhook request');
  bot.webhook?.stop();
  bot.webhook = new Webhook(bot, { url, secret: 'rival', maxConnections: 1, certificate: undefined, ip: undefined }, executeReply);
}

function removeWebhook(ctx: Context): true {
  const { bot, params } = ctx;
  bot.webhook?.stop();
  bot.webhook = undefined;
  if (params.bool('drop_pending_updates')) bot.queue.drop();
  rivalActs(bot);
  return true;
}

const getWebhookInfo: Method = (ctx) => webhookInfo(ctx);

export function webhookInfo({ bot }: Pick<Context, 'bot'>): Dict {
  const hook = bot.webhook;
  const info: Dict = {
    url: hook?.config.url ?? '',
    has_custom_certificate: hook?.config.certificate !== undefined,
    pending_update_count: bot.queue.count(),
    ...hook?.info(),
  };
  if (bot.allowed) info['allowed_updates'] = [...bot.allowed];
  return info;
}

export const updateMethods: Record<string, Method> = { getUpdates, setWebhook, deleteWebhook: removeWebhook, getWebhookInfo };

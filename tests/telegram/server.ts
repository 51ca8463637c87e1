// The HTTP server: Bot API calls, file downloads, the control API, the page and its event stream.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Bot } from './bots.ts';
import { handleControl } from './control.ts';
import { ApiError, badToken, notFound, unauthorized } from './errors.ts';
import type { FaultRule } from './faults.ts';
import type { Spoil } from './http.ts';
import { readParams, sendJson } from './http.ts';
import type { Answer } from './methods/index.ts';
import { chatOf, failureAnswer, runMethod } from './methods/index.ts';
import { servePage } from './page.ts';
import { Params } from './params.ts';
import { streamEvents } from './stream.ts';
import type { World } from './world.ts';

const isLoopback = (address: string | undefined): boolean => /^(::1|127\.|::ffff:127\.)/.test(address ?? '');

export function makeServer(world: World): Server {
  const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0 }, (request, response) => {
    route(world, request, response).catch((error) => {
      if (!(error instanceof ApiError) && (error as Error).message !== 'aborted') console.error(error);
      const failure = error instanceof ApiError ? error : new ApiError(500, 'Internal Server Error');
      if (!response.headersSent && !response.destroyed) sendJson(response, failure.code, JSON.stringify(failure.body()));
    });
  });
  // A long poll may keep a connection open for longer than the default timeouts of headers and sockets.
  server.timeout = 0;
  return server;
}

async function route(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  if (path.startsWith('/bot')) return botCall(world, request, response, path.slice(4), query);
  if (path.startsWith('/file/bot')) return download(world, request, response, path.slice(9));
  if (path.startsWith('/sim/')) {
    if (!isLoopback(request.socket.remoteAddress)) throw notFound();
    if (path === '/sim/events') return streamEvents(world, request, response);
    return handleControl(world, request, response, path.slice(5), query);
  }
  if (await servePage(world, request, response, path)) return;
  throw notFound();
}

function findBot(world: World, given: string): Bot {
  const token = decodeURIComponent(given);
  const bot = world.bots.get(token);
  if (bot) return bot;
  const id = token.split(':')[0]!;
  const wellFormed = token.includes(':') && token.length <= 80 && /^[1-9]\d*$/.test(id);
  throw wellFormed ? unauthorized() : badToken();
}

async function botCall(world: World, request: IncomingMessage, response: ServerResponse, rest: string, query: string): Promise<void> {
  const slash = rest.indexOf('/');
  if (slash < 0) throw notFound();
  // `/bot<token>/test/<method>` is the path of the test environment; it has the same bots.
  const method = decodeURIComponent(rest.slice(slash + 1)).replace(/^test\//, '').replace(/\/$/, '');
  const params = await readParams(request, query, world.settings.local_server);
  const bot = findBot(world, rest.slice(0, slash));
  const rules = world.faults.pick(bot.id, method, chatOf(params));
  for (const rule of rules) if (rule.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, rule.ms));
  const rule = rules.find((candidate) => candidate.kind !== 'delay');
  if (rule && (rule.kind === 'drop_request' || (rule.kind === 'status' && !rule.executed))) {
    logUnrun(world, bot, method, params, rule);
    if (rule.kind === 'status') sendFault(response, rule);
    else request.socket.destroy();
    return;
  }
  if (method.toLowerCase() === 'getupdates') response.on('close', () => !response.writableFinished && bot.forgetPoll(params.request));
  const answer = await runMethod(bot, method, params, rule?.kind ?? (rules.length ? 'delay' : undefined));
  if (rule?.kind === 'late_response') await world.faults.hold(rule);
  answerCall(request, response, answer, rule);
}

function answerCall(request: IncomingMessage, response: ServerResponse, answer: Answer, rule: FaultRule | undefined): void {
  if (response.destroyed) return;
  if (rule?.kind === 'drop_response') request.socket.destroy();
  else if (rule?.kind === 'status') sendFault(response, rule);
  else sendJson(response, answer.status, answer.json, answer.headers, rule && rule.kind !== 'late_response' ? (rule.kind as Spoil) : undefined);
}

function sendFault(response: ServerResponse, rule: FaultRule): void {
  if (rule.body !== undefined) {
    response.writeHead(rule.code, { 'Content-Type': 'text/html' }).end(rule.body);
    return;
  }
  const texts: Record<number, string> = { 429: `Too Many Requests: retry after ${rule.retry_after ?? 1}`, 500: 'Internal Server Error', 502: 'Bad Gateway' };
  const retry = rule.retry_after ?? (rule.code === 429 ? 1 : undefined);
  const failure = new ApiError(rule.code, rule.description ?? texts[rule.code] ?? 'Error', retry ? { retry_after: retry } : undefined);
  const answer = failureAnswer(failure);
  sendJson(response, answer.status, answer.json, answer.headers);
}

function logUnrun(world: World, bot: Bot, method: string, params: Params, rule: FaultRule): void {
  world.calls.add({
    bot: bot.id, method: world.spec.methodName(method) ?? method, chat: chatOf(params), params: params.toLog(), ok: false,
    at: new Date(world.now()).toISOString(), took_ms: 0, fault: rule.kind,
  });
}

async function download(world: World, request: IncomingMessage, response: ServerResponse, rest: string): Promise<void> {
  const slash = rest.indexOf('/');
  if (slash < 0) throw notFound();
  const bot = findBot(world, rest.slice(0, slash));
  const rules = world.faults.pick(bot.id, 'file', undefined);
  for (const rule of rules) if (rule.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, rule.ms));
  const rule = rules.find((candidate) => candidate.kind !== 'delay');
  if (rule?.kind === 'drop_request' || rule?.kind === 'drop_response') return void request.socket.destroy();
  if (rule?.kind === 'status') return sendFault(response, rule);
  const file = world.files.open(decodeURIComponent(rest.slice(slash + 1)).replace(/^\/+/, ''));
  if (!file) throw notFound();
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': file.bytes.length });
  if (!rule) return void response.end(file.bytes);
  response.write(file.bytes.subarray(0, file.bytes.length >> 1));
  setTimeout(() => response.socket?.resetAndDestroy(), 20);
}

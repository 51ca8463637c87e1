// A stand-in for Firebase: the token server, which checks the signature and claims of the exchanged JWT, and messages:send, which
// can be made to fail.
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';

export interface Pushed {
  token: string;
  notification: { title: string; body: string };
  data: Record<string, string>;
  android: any;
  apns: any;
}

const read = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
};

/** A response of Firebase: the HTTP status, Google's status, the code of FcmError, and the field at fault. */
export function failure(status: number, google: string, errorCode?: string, field?: string): { status: number; body: unknown } {
  const details = [
    ...(errorCode ? [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode }] : []),
    ...(field ? [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description: 'Invalid value' }] }] : []),
  ];
  return { status, body: { error: { code: status, message: 'as Firebase says it', status: google, ...(details.length && { details }) } } };
}

export class Fcm {
  readonly url: string;
  readonly account: Record<string, string>;
  /** Errors in requests; tests expect none. */
  readonly complaints: string[] = [];
  readonly pushed: Pushed[] = [];
  exchanges = 0;
  /** Called for each message: returns a status and body if it should not succeed. */
  fault: (message: Pushed) => { status: number; body?: unknown; headers?: Record<string, string> } | undefined = () => undefined;
  private key = '';
  private readonly http: HttpServer;
  private readonly publicKey: string;

  private constructor(http: HttpServer, port: number) {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
    this.http = http;
    this.url = `http://127.0.0.1:${port}`;
    this.publicKey = pair.publicKey;
    this.account = {
      type: 'service_account',
      project_id: 'demo-project',
      private_key_id: 'key-1',
      private_key: pair.privateKey,
      client_email: 'push@demo-project.iam.gserviceaccount.com',
      token_uri: `${this.url}/token`,
    };
  }

  static async start(): Promise<Fcm> {
    const http = createServer((request, response) => void fcm.answer(request, response));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const address = http.address();
    if (!address || typeof address === 'string') throw new Error('no port');
    const fcm = new Fcm(http, address.port);
    return fcm;
  }

  stop(): void {
    this.http.closeAllConnections();
    this.http.close();
  }

  /** Invalidates the current access token. */
  forgetKey(): void {
    this.key = '';
  }

  private check(assertion: string): string | undefined {
    const [head, body, signature] = assertion.split('.');
    if (!head || !body || !signature) return 'the assertion is no JWT';
    const part = (text: string): any => JSON.parse(Buffer.from(text, 'base64url').toString());
    const header = part(head);
    const claims = part(body);
    const now = Date.now() / 1000;
    if (header.alg !== 'RS256' || header.kid !== 'key-1') return `header ${JSON.stringify(header)}`;
    if (!verify('RSA-SHA256', Buffer.from(`${head}.${body}`), createPublicKey(this.publicKey), Buffer.from(signature, 'base64url'))) return 'the signature is wrong';
    if (claims.iss !== this.account['client_email'] || claims.aud !== this.account['token_uri']) return `claims ${JSON.stringify(claims)}`;
    if (claims.scope !== 'https://www.googleapis.com/auth/firebase.messaging') return `scope ${claims.scope}`;
    if (Math.abs(claims.iat - now) > 60 || claims.exp - claims.iat !== 3600) return `times ${claims.iat} ${claims.exp}`;
    return undefined;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    const say = (status: number, json: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(json));
    };
    if (request.url === '/token') {
      const form = new URLSearchParams(body);
      const wrong = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer' ? this.check(form.get('assertion') ?? '') : 'grant_type';
      if (wrong) this.complaints.push(wrong);
      if (wrong) return say(400, { error: 'invalid_grant' });
      this.exchanges++;
      this.key = `ya29.key-${this.exchanges}`;
      return say(200, { access_token: this.key, expires_in: 3599, token_type: 'Bearer' });
    }
    if (request.method !== 'POST' || request.url !== '/v1/projects/demo-project/messages:send') {
      this.complaints.push(`${request.method} ${request.url}`);
      return say(404, {});
    }
    if (request.headers.authorization !== `Bearer ${this.key}`) return say(401, { error: { status: 'UNAUTHENTICATED' } });
    const { message } = JSON.parse(body) as { message: Pushed };
    if (Object.values(message.data).some((value) => typeof value !== 'string')) this.complaints.push('data holds more than strings');
    if (Buffer.byteLength(body) > 4096) this.complaints.push('a message over 4096 bytes');
    const fault = this.fault(message);
    if (fault) return say(fault.status, fault.body ?? {}, fault.headers);
    this.pushed.push(message);
    say(200, { name: `projects/demo-project/messages/${this.pushed.length}` });
  }
}

// The error type of the Bot API. Descriptions are exactly those that real clients compare.

/** A Bot API object: any JSON. Its shape is checked by spec.ts, not by the compiler. */
export type Dict = Record<string, any>;

export class ApiError extends Error {
  readonly code: number;
  readonly parameters: Dict | undefined;

  constructor(code: number, description: string, parameters?: Dict) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }

  body(): Dict {
    const body: Dict = { ok: false, error_code: this.code, description: this.message };
    if (this.parameters) body['parameters'] = this.parameters;
    return body;
  }
}

/** The official server lower-cases the first letter after its own prefix, unless the message is an ALL_CAPS code. */
function prefixed(prefix: string, message: string): string {
  const isCode = /^[A-Z0-9_]+$/.test(message);
  return `${prefix}: ${isCode ? message : message.charAt(0).toLowerCase() + message.slice(1)}`;
}

export const badRequest = (message: string, parameters?: Dict) => new ApiError(400, prefixed('Bad Request', message), parameters);
export const forbidden = (message: string) => new ApiError(403, prefixed('Forbidden', message));
export const conflict = (message: string) => new ApiError(409, prefixed('Conflict', message));
export const tooManyRequests = (seconds: number) =>
  new ApiError(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
export const notFound = () => new ApiError(404, 'Not Found');
export const methodNotFound = () => new ApiError(404, 'Not Found: method not found');
export const unauthorized = () => new ApiError(401, 'Unauthorized');
export const badToken = () => new ApiError(401, 'Unauthorized: invalid token specified');
export const tooLarge = () => new ApiError(413, 'Request Entity Too Large');

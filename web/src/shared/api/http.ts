import type { ApiError, ErrorCode } from "@/contract"

/** The error of a request: the server's code, or "network" if there was no response. */
export type FailureCode = ErrorCode | "network"

export class ApiFailure extends Error {
  constructor(
    readonly code: FailureCode,
    readonly status: number,
    message: string,
    readonly field: string | null = null,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message)
  }
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

export function csrfToken(): string {
  return /(?:^|;\s*)switchboard_csrf=([^;]*)/.exec(document.cookie)?.[1] ?? ""
}

export function toFailure(status: number, body: string, retryAfter: string | null): ApiFailure {
  const retry = retryAfter ? Number.parseInt(retryAfter, 10) : Number.NaN
  const seconds = Number.isFinite(retry) ? retry : null
  try {
    const { error } = JSON.parse(body) as ApiError
    return new ApiFailure(error.code, status, error.message, error.field ?? null, seconds)
  } catch {
    // Without our error format it is the response of a proxy that cannot reach the server.
    const away = status >= 502 && status <= 504
    return new ApiFailure(away ? "network" : status === 429 ? "rate_limited" : "internal", status, `HTTP ${status}`, null, seconds)
  }
}

let onUnauthorized: () => void = () => {}

/** Called when a request finds that the session has ended; the application then signs the operator out. */
export function setUnauthorizedHandler(handler: () => void): void {
  onUnauthorized = handler
}

export function noteFailure(failure: ApiFailure): ApiFailure {
  if (failure.code === "unauthorized" || failure.code === "must_change_password") onUnauthorized()
  return failure
}

/** The responses that theme.js requested while the script was loading, by address. */
const page = globalThis as typeof globalThis & { switchboardEarly?: Record<string, Promise<Response>> | undefined }
const earlyForMs = 30_000

export function askedEarly(): boolean {
  return page.switchboardEarly !== undefined && performance.now() < earlyForMs
}

/** Each early response is used once, by the page's first requests only: a request that changes something discards them all. */
async function takeEarly(method: Method, path: string): Promise<Response | undefined> {
  const early = page.switchboardEarly
  if (!early) return undefined
  if (method !== "GET" || performance.now() > earlyForMs) page.switchboardEarly = undefined
  const answer = page.switchboardEarly?.[path]
  delete early[path]
  return answer?.catch(() => undefined)
}

export async function request<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" }
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken()
  if (body !== undefined) headers["Content-Type"] = "application/json"
  let response: Response
  try {
    response = (await takeEarly(method, path)) ?? (await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    }))
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ApiFailure("network", 0, "No answer from the server")
  }
  const text = await response.text()
  if (!response.ok) throw noteFailure(toFailure(response.status, text, response.headers.get("Retry-After")))
  return (text ? JSON.parse(text) : undefined) as T
}

export const get = <T>(path: string, signal?: AbortSignal) => request<T>("GET", path, undefined, signal)
export const post = <T>(path: string, body?: unknown) => request<T>("POST", path, body ?? {})
export const put = <T>(path: string, body: unknown) => request<T>("PUT", path, body)
export const patch = <T>(path: string, body: unknown) => request<T>("PATCH", path, body)
export const del = <T>(path: string) => request<T>("DELETE", path)

const answerMs = 5000

/** Whether the server can be reached at all. */
export async function serverAnswers(): Promise<boolean> {
  try {
    return (await fetch("/health", { cache: "no-store", signal: AbortSignal.timeout(answerMs) })).ok
  } catch {
    return false
  }
}

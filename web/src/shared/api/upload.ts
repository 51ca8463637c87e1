import { ApiFailure, csrfToken, noteFailure, toFailure } from "./http"

export interface Upload<T> {
  done: Promise<T>
  cancel(): void
}

/** XMLHttpRequest, because fetch does not report the progress of an upload. */
export function upload<T>(path: string, form: FormData, onProgress: (share: number) => void): Upload<T> {
  const xhr = new XMLHttpRequest()
  const done = new Promise<T>((resolve, reject) => {
    xhr.open("POST", path)
    xhr.setRequestHeader("Accept", "application/json")
    xhr.setRequestHeader("X-CSRF-Token", csrfToken())
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    }
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve(JSON.parse(xhr.responseText) as T)
      else reject(noteFailure(toFailure(xhr.status, xhr.responseText, xhr.getResponseHeader("Retry-After"))))
    }
    xhr.onerror = () => reject(new ApiFailure("network", 0, "No answer from the server"))
    xhr.onabort = () => reject(new DOMException("Cancelled", "AbortError"))
    xhr.send(form)
  })
  return { done, cancel: () => xhr.abort() }
}

/** Stores files in this browser, over a reload. Never throws: if the browser refuses, they last until the page closes. */
const storeName = "files"
let opening: Promise<IDBDatabase | null> | null = null

function open(): Promise<IDBDatabase | null> {
  opening ??= new Promise((resolve) => {
    try {
      const asked = indexedDB.open("switchboard", 1)
      asked.onupgradeneeded = () => asked.result.createObjectStore(storeName)
      asked.onsuccess = () => resolve(asked.result)
      asked.onerror = () => resolve(null)
    } catch {
      resolve(null)
    }
  })
  return opening
}

/** The result of the request, undefined if there is nothing; null if the browser refused. */
async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => { readonly result: T }): Promise<T | null> {
  const db = await open()
  if (!db) return null
  return new Promise((resolve) => {
    try {
      const transaction = db.transaction(storeName, mode)
      const asked = act(transaction.objectStore(storeName))
      transaction.oncomplete = () => resolve(asked.result)
      transaction.onerror = () => resolve(null)
      transaction.onabort = () => resolve(null)
    } catch {
      resolve(null)
    }
  })
}

export async function readFile(key: string): Promise<File | null> {
  const file = await run<unknown>("readonly", (store) => store.get(key))
  return file instanceof File ? file : null
}

/** Stores in the order of the calls. When it resolves with true, every tab can read the file; false: it was not stored. */
export async function writeFile(key: string, file: File): Promise<boolean> {
  return (await run("readwrite", (store) => store.put(file, key))) !== null
}

export async function removeFile(key: string): Promise<void> {
  await run("readwrite", (store) => store.delete(key))
}

export async function fileKeys(): Promise<readonly string[]> {
  return ((await run("readonly", (store) => store.getAllKeys())) ?? []).map(String)
}

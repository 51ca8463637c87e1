/** Files kept in this browser over a reload. Never throws: where the browser keeps nothing, they last until the page closes. */
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

export async function readFiles<T>(key: string): Promise<T | null> {
  return ((await run("readonly", (store) => store.get(key))) ?? null) as T | null
}

/** In the order of the calls; an empty list removes the key. */
export async function writeFiles(key: string, files: readonly unknown[]): Promise<void> {
  await run<unknown>("readwrite", (store) => (files.length > 0 ? store.put(files, key) : store.delete(key)))
}

export async function dropFilesUnless(keep: (key: string) => boolean): Promise<void> {
  const keys = (await run("readonly", (store) => store.getAllKeys())) ?? []
  await Promise.all(keys.filter((key) => !keep(String(key))).map((key) => run("readwrite", (store) => store.delete(key))))
}

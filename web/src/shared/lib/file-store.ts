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

/** Null when the browser refused; else what was asked, of which "nothing there" is undefined. */
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

/** In the order of the calls. False when it is not kept: every tab can read what was, once this has answered. */
export async function writeFile(key: string, file: File): Promise<boolean> {
  return (await run("readwrite", (store) => store.put(file, key))) !== null
}

export async function removeFile(key: string): Promise<void> {
  await run("readwrite", (store) => store.delete(key))
}

export async function fileKeys(): Promise<readonly string[]> {
  return ((await run("readonly", (store) => store.getAllKeys())) ?? []).map(String)
}

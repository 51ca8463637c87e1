import { errorsEn } from "./errors-en"
import { numberEn, pluralEn } from "./plural"

export const en = {
  number: numberEn,
  app: {
    name: "Switchboard",
    titleBadge: (n: number, title: string) => `(${n}) ${title}`,
    skip: "Skip to content",
    loading: "Loading", reload: "Reload", partMissingTitle: "This page couldn’t be loaded",
    partWaits: "The server can’t be reached. The page will open as soon as the connection is back.", partOutdated: "It looks like the panel was updated while you had it open. Reload to continue.",
    partFailed: "That couldn’t be loaded. Try again, or reload the page: the panel may have been updated.",
    partOffline: "That couldn’t be loaded: the server can’t be reached. Try again when the connection is back.",
    crashedTitle: "Something went wrong on this page",
    crashedBody: "Your messages are safe on the server. Reload the page to continue.",
    notFoundTitle: "Page not found",
    notFoundBody: "The address may be mistyped, or the page may have moved.",
    toInbox: "Go to the inbox",
    unreachableTitle: "The server isn’t responding",
    unreachableBody: "Check your connection. The panel keeps trying automatically.",
  },
  common: {
    dismiss: "Dismiss",
    save: "Save", saved: "Saved", cancel: "Cancel", close: "Close", back: "Back", retry: "Try again", remove: "Remove",
    copy: "Copy", copied: "Copied", copyFailed: "Your browser doesn’t allow copying. Select the text and copy it manually.", retryIn: (seconds: number) => `Try again in ${seconds < 120 ? pluralEn(seconds, "second", "seconds") : pluralEn(Math.ceil(seconds / 60), "minute", "minutes")}.`, undo: "Undo", more: "More", search: "Search", clear: "Clear", done: "Done", yes: "Yes", no: "No",
    you: "you", none: "None", loadMore: "Load more", menu: "Menu",
  },
  connection: {
    connecting: "Connecting…", online: "Live", offline: "Offline",
    offlineBody: "No connection. Your messages will be sent once it’s back, and the list will catch up automatically.",
    onlineHint: "Connected: updates appear instantly",
  },
  errors: errorsEn,
}

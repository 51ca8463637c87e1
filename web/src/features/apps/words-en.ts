export const en = {
  apps: {
    title: "Apps", body: "Customers who write from a mobile app or from your site appear in the same list as everyone else.",
    auth: { open: "Anyone can call the app API.", key: "Apps use a key.", signed: "Your server signs every user ID." },
    openWarning: "Anyone who knows a user ID can write as that user and read their chat. Set MOBILE_API_AUTH to key or signed.",
    key: "App key", keyHint: "Goes into the X-App-Key header.",
    keyWarning: "Anyone who extracts this key from an app can write as any of its users and read their chats. Never put it on a web page, and switch to MOBILE_API_AUTH=signed once your server can sign user IDs.",
    secret: "Signing secret", secretHint: "X-User-Hash is the HMAC-SHA256 of the user ID with this secret. Keep it on your server, never in an app.",
    newKey: "Replace the key", newKeyTitle: "Replace the key?", newKeyBody: "Apps that still use the old key will be rejected right away.", newKeyDone: "Key replaced",
    pushOn: "Push notifications are sent through Firebase.", pushOff: "Push notifications are off.",
    dailyEn: "Daily greeting in English", dailyRu: "Daily greeting in Russian, and when the language is unknown",
    dailyHint: "Shown once a day when the chat is opened. {user_name} is replaced with the customer’s name.",
    zone: "Time zone", zoneHint: "UTC, +03:00 or Europe/Moscow",
    widget: {
      title: "Web chat", body: "A chat for your site. Visitors write there, and you reply here, as to everyone else.",
      color: "Colour", ownColor: "Another colour", theme: "Theme", auto: "Auto", light: "Light", dark: "Dark", language: "Language", position: "Side", left: "Left", right: "Right",
      tag: "Tag for your site", tagHint: "Put it before </head> on every page that should have the chat.",
      knownHint: "Each visitor gets a secret of their own, kept in their browser. For people signed in on your site, have your server add data-user-id and data-user-hash: their chat then follows them to every device.",
      signedHint: "Your server fills in data-user-id and data-user-hash for visitors who are signed in there. Nobody else can write: WIDGET_VISITORS is off.",
      copy: "Copy tag", tryIt: "Try it",
    },
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}

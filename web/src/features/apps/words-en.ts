export const en = {
  apps: {
    title: "Apps", body: "Customers who write from a mobile app or from your site appear in the same list as everyone else.",
    auth: { open: "Anyone may call the apps' API.", key: "Apps call with a key.", signed: "Every user's id is signed by your server." },
    openWarning: "Anyone who knows a user's id can write in their name and read their chat. Set MOBILE_API_AUTH to key or signed.",
    key: "The app's key", keyHint: "For the header X-App-Key.",
    keyWarning: "Whoever takes this key out of an app can write as any of its users and read their chats. Never put it into a web page, and choose MOBILE_API_AUTH=signed once your server can sign user ids.",
    secret: "Signing secret", secretHint: "X-User-Hash is the HMAC-SHA256 of the user id with it. Keep it on your server, never in an app.",
    newKey: "Replace the key", newKeyTitle: "Replace the key?", newKeyBody: "Apps that still have the old one are refused at once.", newKeyDone: "The key was replaced",
    pushOn: "Push notifications are sent through Firebase.", pushOff: "Push notifications are off.",
    dailyEn: "Daily greeting in English", dailyRu: "Daily greeting in Russian, and where the language is unknown",
    dailyHint: "Shown once a day when the chat is opened. {user_name} stands for the customer's name.",
    zone: "Time zone", zoneHint: "UTC, +03:00 or Europe/Moscow",
    widget: {
      title: "Web chat", body: "A chat for your site. Visitors write there, and you answer here as anyone else.",
      color: "Colour", ownColor: "Another colour", theme: "Theme", auto: "Auto", light: "Light", dark: "Dark", language: "Language", position: "Side", left: "Left", right: "Right",
      tag: "The tag for your site", tagHint: "Put it before </head> on every page that should have the chat.",
      knownHint: "Every visitor gets a secret of their own, kept by their browser. For people who have signed in on your site, let your server add data-user-id and data-user-hash: their chat then follows them to every device.",
      signedHint: "Your server fills in data-user-id and data-user-hash for a visitor who has signed in there. Others cannot write: WIDGET_VISITORS is off.",
      copy: "Copy the tag", tryIt: "Try it",
    },
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}

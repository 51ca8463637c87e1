
export const en = {
  settings: {
    title: "Settings",
    greetingTitle: "Greeting",
    greetingBody: "What the bot says when a customer presses Start. Leave it empty to say nothing.",
    greetingEn: "Greeting in English and for everyone else",
    greetingRu: "Greeting in Russian",
    preview: "How it looks",
    greetingEmpty: "No greeting is sent.",
    changedMeanwhile: "Someone has changed this meanwhile. It now says:", emptiedMeanwhile: "Someone has emptied this meanwhile.",
    takeTheirs: "Use the new text", keepMine: "Keep mine",
    preferencesTitle: "Preferences",
    preferencesBody: "These apply to this browser only.",
    theme: "Theme", system: "System", light: "Light", dark: "Dark",
    language: "Language",
    sendKey: "Send with", sendEnter: "Enter", sendCtrl: "Ctrl+Enter",
    noticesTitle: "Notifications", noticesBody: "A reply in one of your conversations also shows as a number in the menu and in the tab’s title.",
    sound: "Sound", soundHint: "When one of your customers replies in a conversation you aren’t looking at, or a new customer writes while you’re away", soundTry: "Play sound",
    notices: "Cards in the panel", noticesHint: "What your customer replied, with a button to open the conversation",
    desktop: "Desktop notifications", desktopHint: "When none of the panel’s tabs is in front of you",
    keys: "Single-key shortcuts", keysHint: "J, K, E and so on, while you aren’t typing",
    desktopBlocked: "The browser blocks notifications from this site. Allow them in the address bar.",
    profileTitle: "Profile",
    name: "Name",
    version: "Version",
    proxyUntrusted: (address: string) => `Requests come through a proxy at ${address} that isn’t listed in TRUSTED_PROXIES, so all its visitors share one set of limits. Add the address to TRUSTED_PROXIES and restart the server.`, proxySilent: (address: string) => `The proxy at ${address} doesn’t say whose requests it forwards, so all its visitors share one set of limits. Make it set the X-Forwarded-For header.`,
    adminOnly: "Only administrators can change this.",
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}

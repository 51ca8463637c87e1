
export const en = {
  settings: {
    title: "Settings",
    greetingTitle: "Greeting",
    greetingBody: "What the bot says when a customer presses Start. Leave it empty to say nothing.",
    greetingEn: "Greeting in English and for everyone else",
    greetingRu: "Greeting in Russian",
    preview: "How it looks",
    greetingEmpty: "No greeting is sent.",
    preferencesTitle: "Preferences",
    preferencesBody: "These apply to this browser only.",
    theme: "Theme", system: "System", light: "Light", dark: "Dark",
    language: "Language",
    sendKey: "Send with", sendEnter: "Enter", sendCtrl: "Ctrl+Enter",
    noticesTitle: "Notifications", noticesBody: "A reply in one of your conversations also shows as a number in the menu and in the tab's title.",
    sound: "Sound", soundHint: "When one of your customers replies in a conversation you are not looking at, or a new customer writes while you are away", soundTry: "Play the sound",
    notices: "Cards in the panel", noticesHint: "What your customer replied, with a button to open the conversation",
    desktop: "Desktop notifications", desktopHint: "While no tab of the panel is in front of you",
    keys: "Single-key shortcuts", keysHint: "J, K, E and the like, while you are not writing",
    desktopBlocked: "The browser blocks notifications from this site. Allow them in the address bar.",
    profileTitle: "Profile",
    name: "Name",
    version: "Version",
    proxyUntrusted: (address: string) => `Requests come through a proxy at ${address} that TRUSTED_PROXIES does not name, so all its visitors share one set of limits. Add the address to TRUSTED_PROXIES and restart the server.`, proxySilent: (address: string) => `The proxy at ${address} does not say whose requests it passes on, so all its visitors share one set of limits. Make it set the X-Forwarded-For header.`,
    adminOnly: "Only administrators can change this.",
  },
}

type Words = typeof en

declare module "@/shared/i18n" {
  interface Catalogue extends Words {}
}

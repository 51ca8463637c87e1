// Shows the widget like a site: the panel opens this page with the tag's attributes after the #, which the browser does not send.
const given = new URLSearchParams(location.hash.slice(1))
const russian = (given.get("language") ?? navigator.language).startsWith("ru")

document.documentElement.lang = russian ? "ru" : "en"
document.title = russian ? "Веб-чат: проба" : "Web chat: try it"
document.querySelector("h1")!.textContent = russian ? "Так чат выглядит на сайте" : "This is the chat on a site"
document.querySelector("p")!.textContent = russian ? "Напишите сообщение: оно появится во входящих, и ответ придёт сюда." : "Write a message: it appears in the inbox, and the answer comes here."
// Shown with its texts at once; otherwise the content below would move.
document.querySelector("main")!.hidden = false

const script = document.createElement("script")
for (const [name, value] of given) script.dataset[name] = value
script.src = "/widget.js"
script.addEventListener("load", () => window.Switchboard?.open())
document.head.append(script)

export {}

// Runs before the first paint, so that a chosen theme never flashes the other one.
(function () {
  var root = document.documentElement
  var prefs = {}
  try {
    prefs = JSON.parse(localStorage.getItem("switchboard.prefs") || "{}")
  } catch {
    // Storage may be forbidden; the system's theme is then used.
  }
  var dark = prefs.theme === "dark" || (prefs.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches)
  root.classList.toggle("dark", dark)
  if (prefs.locale) root.lang = prefs.locale
  // The readable cookie comes and goes with the session: who has it will see the desk, so its files come beside the first.
  var files = (document.currentScript && document.currentScript.dataset) || {}
  if (!files.desk || document.cookie.indexOf("switchboard_csrf=") < 0) return
  // So do the answers for which the desk asks first: shared/api/http.ts takes each of them once.
  var early = (window.switchboardEarly = {})
  function ask(address) {
    early[address] = fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" })
    early[address].catch(function () {})
  }
  ask("/api/auth/me")
  var list = /^\/inbox\/(waiting|active|snoozed|closed|all)$/.exec(location.pathname)
  var chat = /^\/c\/(\d+)$/.exec(location.pathname)
  if (list && !location.search) ask("/api/conversations?status=" + list[1] + "&limit=60")
  if (chat) {
    ask("/api/conversations/" + chat[1])
    ask("/api/conversations/" + chat[1] + "/messages?limit=50&from=unread")
  }
  ;(chat ? files.desk + " " + files.chat : files.desk).split(" ").forEach(function (file) {
    var link = document.createElement("link")
    link.rel = "modulepreload"
    link.crossOrigin = ""
    link.fetchPriority = "low"
    link.href = file
    document.head.appendChild(link)
  })
})()

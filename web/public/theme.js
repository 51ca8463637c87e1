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
})()

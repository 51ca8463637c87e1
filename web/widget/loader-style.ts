// The style of the widget's elements in the site's page: a constructed style sheet of a shadow root. So the site's rules and these do
// not affect each other, and a site whose policy forbids inline styles needs no exception.

/** For the element in the site's own tree: inline and important, which no style sheet of the site can override. */
export const hostStyle: Record<string, string> = {
  all: "initial", display: "block", position: "fixed", inset: "auto", width: "0", height: "0", "z-index": "2147483647",
  visibility: "visible", opacity: "1", transform: "none", filter: "none", contain: "none", "pointer-events": "auto",
}

export const css = `
:host { all: initial }
* { box-sizing: border-box }
section { --ease: cubic-bezier(.2,.8,.3,1); font: 600 13px/1 system-ui, sans-serif; color-scheme: normal }
button { all: unset; box-sizing: border-box; cursor: pointer; -webkit-tap-highlight-color: transparent }
button:focus-visible { outline: 3px solid var(--color); outline-offset: 3px; box-shadow: 0 0 0 3px #fff }
.launcher {
  position: fixed; bottom: calc(20px + env(safe-area-inset-bottom)); width: 56px; height: 56px; border-radius: 50%;
  display: grid; place-items: center; background: var(--color); color: var(--on-color);
  box-shadow: 0 1px 3px rgb(15 23 42/.2), 0 8px 24px -4px rgb(15 23 42/.32);
  transition: transform .2s var(--ease), box-shadow .2s; animation: rise .3s var(--ease)
}
.launcher:hover { transform: scale(1.05) }
.launcher:active { transform: scale(.96) }
.right .launcher { right: calc(20px + env(safe-area-inset-right)) }
.left .launcher { left: calc(20px + env(safe-area-inset-left)) }
.launcher svg { grid-area: 1/1; width: 28px; height: 28px; transition: transform .25s var(--ease), opacity .2s }
.launcher .shut { opacity: 0; transform: rotate(-60deg) scale(.6) }
.open .launcher .shut { opacity: 1; transform: none }
.open .launcher .talk { opacity: 0; transform: rotate(60deg) scale(.6) }
.badge {
  position: absolute; top: -3px; right: -3px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px;
  display: grid; place-items: center; background: #c62f2a; color: #fff; border: 2px solid #fff; font-size: 12px;
  line-height: 1; font-variant-numeric: tabular-nums; animation: pop .25s var(--ease)
}
.badge:empty { display: none }
.panel {
  position: fixed; bottom: calc(92px + env(safe-area-inset-bottom)); width: 392px; height: min(660px, 100vh - 112px);
  max-width: calc(100vw - 40px); border-radius: 18px; overflow: hidden; background: #fff;
  box-shadow: 0 0 0 1px rgb(15 23 42/.07), 0 24px 64px -16px rgb(15 23 42/.38), 0 4px 12px -4px rgb(15 23 42/.12);
  visibility: hidden; opacity: 0; transform: translateY(14px) scale(.97);
  transition: opacity .18s, transform .22s var(--ease), visibility 0s .22s
}
.dark .panel { background: #14171d; box-shadow: 0 0 0 1px rgb(255 255 255/.1), 0 24px 64px -16px rgb(0 0 0/.7) }
.right .panel { right: calc(20px + env(safe-area-inset-right)); transform-origin: 100% 100% }
.left .panel { left: calc(20px + env(safe-area-inset-left)); transform-origin: 0 100% }
.bare .panel { bottom: calc(20px + env(safe-area-inset-bottom)); height: min(660px, 100vh - 40px) }
.open .panel { visibility: visible; opacity: 1; transform: none; transition-delay: 0s }
.sheet .panel { inset: 0 auto auto 0; width: 100%; max-width: none; height: 100%; height: 100dvh; border-radius: 0; transform: translateY(24px) }
.sheet.open .panel { transform: none }
.sheet.open .launcher { display: none }
.bare .launcher { display: none }
iframe { display: block; width: 100%; height: 100%; border: 0; background: none }
.lost { position: absolute; inset: 0; display: none; align-content: center; justify-items: center; gap: 16px; padding: 24px;
  text-align: center; color: #171a21; font-weight: 400; font-size: 15px; line-height: 1.45 }
.dark .lost { color: #e9ebf1 }
.failed .lost { display: grid }
.failed iframe { visibility: hidden }
.lost button { padding: 10px 16px; border-radius: 10px; background: var(--color); color: var(--on-color); font-weight: 600 }
@keyframes rise { from { opacity: 0; transform: translateY(10px) scale(.8) } }
@keyframes pop { from { transform: scale(0) } }
@media (prefers-reduced-motion: reduce) { *, .panel, .launcher svg { animation: none !important; transition: none !important } }
@media (forced-colors: active) { .launcher, .panel { border: 2px solid CanvasText } }
@media print { section { display: none } }
`

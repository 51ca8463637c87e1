// Creates elements. Texts become text nodes: nothing here parses markup.

type Props = Record<string, string | number | boolean | undefined | ((event: never) => void)>
type Child = Node | string | false | undefined | null

/** Attributes by name; true is an empty attribute, false and undefined none; functions become event listeners. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") made.addEventListener(name, value as EventListener)
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : String(value))
  }
  made.append(...children.filter((child): child is Node | string => !!child))
  return made
}

const paths = {
  close: "M6 6l12 12M18 6 6 18",
  down: "m6 9 6 6 6-6",
  left: "m15 5-7 7 7 7",
  right: "m9 5 7 7-7 7",
  send: "M4.500 12 3.500 4.500 21 12 3.500 19.500 4.500 12ZM4.500 12h8",
  photo: "M4.500 5h15A1.500 1.500 0 0 1 21 6.500v11a1.500 1.500 0 0 1-1.500 1.500h-15A1.500 1.500 0 0 1 3 17.500v-11A1.500 1.500 0 0 1 4.500 5ZM8.500 10.500a1 1 0 1 0 0-2 1 1 0 0 0 0 2ZM4 18l5.500-5 3.500 3 3-2.500 4.500 4",
  talk: "M12 3.500c-5 0-8.800 3.400-8.800 7.700 0 2.200 1 4.200 2.700 5.600l-.5 3.200 3.600-1.500c.9.200 2 .4 3 .4 5 0 8.800-3.400 8.800-7.700S17 3.500 12 3.500Z",
  alert: "M12 8v5M12 16.500h.01M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17Z",
}

export function icon(name: keyof typeof paths): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("viewBox", "0 0 24 24")
  svg.setAttribute("aria-hidden", "true")
  svg.appendChild(document.createElementNS(svg.namespaceURI!, "path")).setAttribute("d", paths[name])
  return svg
}

export function button(label: string, name: keyof typeof paths, className: string, click: (event: MouseEvent) => void): HTMLButtonElement {
  return h("button", { type: "button", class: className, "aria-label": label, title: label, click }, icon(name))
}

/** Runs once before the next animation frame, however often it is called. A hidden page has no frames: then after a short time. */
export function soon(run: () => void): () => void {
  let asked = false
  const go = (): void => {
    if (!asked) return
    asked = false
    run()
  }
  return () => {
    if (asked) return
    asked = true
    if (document.visibilityState === "visible") requestAnimationFrame(go)
    setTimeout(go, 100)
  }
}

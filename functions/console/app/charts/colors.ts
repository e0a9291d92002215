// Colours of charts, read from the styles, so that light and dark have their own.

/** Lines that a chart can distinguish. */
const MOST_LINES = 8

/** The CSS property with the colour of a line. */
export const lineColor = (index: number): string => `--line-${(index % MOST_LINES) + 1}`

/** Reads a colour as the page shows it now. */
export function colorOf(element: Element, property: string): string {
  // A property holds light-dark(…) as text; only a computed colour is one of the two.
  const probe = document.createElement('span')
  probe.style.color = `var(${property})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** Makes a colour transparent. */
export const faded = (color: string, alpha: number): string =>
  color.startsWith('rgb(') ? color.replace('rgb(', 'rgba(').replace(')', `, ${alpha})`) : color

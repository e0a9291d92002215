// Light or dark: the reader's system decides until the reader does.
import { effect, signal } from '@preact/signals'

export const themes = ['auto', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]

const PLACE = 'penstock.theme'

/** The chosen theme. Changing it changes the page at once, and the choice is remembered. */
export const theme = signal<Theme>(themes.find((one) => one === localStorage.getItem(PLACE)) ?? 'auto')

/** Counts the changes of colours, so that what is drawn on a canvas is drawn again. */
export const colorChanges = signal(0)

effect(() => {
  const chosen = theme.value
  if (chosen === 'auto') {
    delete document.documentElement.dataset['theme']
    localStorage.removeItem(PLACE)
  } else {
    document.documentElement.dataset['theme'] = chosen
    localStorage.setItem(PLACE, chosen)
  }
  colorChanges.value = colorChanges.peek() + 1
})

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colorChanges.value = colorChanges.peek() + 1
})

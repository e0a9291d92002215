// The parts of a progress bar on a terminal.

const WIDTH = 24

/** Formats a number with commas between thousands. */
export const count = (number: number): string => number.toLocaleString('en-US')

/** Formats a share from 0 to 1; it shows 100 only when the share is complete. */
export const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)} %`

export const bar = (share: number): string => {
  const full = Math.round(share * WIDTH)
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}]`
}

/** Formats seconds as `1:05:09` or `5:09`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

// Reads the peak memory of a process.
import { readFileSync } from 'node:fs'

/**
 * Returns the maximum resident memory of a process in MB (10^6 bytes): Linux's high-water mark, see proc(5). Null when the process has
 * ended, and on systems without it.
 */
export function peakRssMb(pid: number): number | null {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kibibytes === undefined ? null : (Number(kibibytes) * 1024) / 1e6
  } catch {
    return null
  }
}

// Reads the peak memory of a process.
import { readFileSync } from 'node:fs'

/**
 * The most memory that a process has had resident, in MB (10^6 bytes): the high-water mark that Linux keeps, see proc(5). Null when
 * the process has ended, and where the system does not tell.
 */
export function peakRssMb(pid: number): number | null {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kibibytes === undefined ? null : (Number(kibibytes) * 1024) / 1e6
  } catch {
    return null
  }
}

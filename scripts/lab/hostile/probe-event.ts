/** Name of the log line in which a process reports its memory. */
export const PROBE_EVENT = 'probe.memory'

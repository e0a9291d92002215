// The expressions of a dashboard of the node exporter, by kind, each kind over several metrics; another dashboard is read from its file.
import { readFileSync } from 'node:fs'

const NODE = '{job="node",instance="here:9100"}'
const each = (names: readonly string[], write: (name: string) => string): readonly string[] => names.map(write)
const per = (metric: string): string => `rate(${metric}${NODE}[1m])`

const GAUGES = [
  'node_load1',
  'node_load5',
  'node_procs_running',
  'node_filefd_allocated',
  'node_entropy_available_bits',
  'node_memory_MemTotal_bytes',
  'node_memory_Committed_AS_bytes',
  'node_sockstat_TCP_alloc',
  'node_network_up',
  'node_network_mtu_bytes',
  'node_timex_offset_seconds',
  'node_scrape_collector_success',
]
const COUNTERS = [
  'node_context_switches_total',
  'node_intr_total',
  'node_forks_total',
  'node_vmstat_pgfault',
  'node_netstat_Tcp_InSegs',
  'node_network_receive_bytes_total',
  'node_network_transmit_packets_total',
  'node_disk_read_bytes_total',
  'node_disk_io_time_seconds_total',
  'node_softnet_processed_total',
  'node_pressure_cpu_waiting_seconds_total',
  'node_cpu_guest_seconds_total',
]

export const nodeQueries: readonly string[] = [
  ...each(GAUGES, (name) => `${name}${NODE}`),
  ...each(COUNTERS, per),
  ...each(COUNTERS.slice(0, 6), (name) => `irate(${name}${NODE}[2m])`),
  ...each(['receive', 'transmit'], (way) => `${per(`node_network_${way}_bytes_total`)} * 8`),
  ...each(['receive', 'transmit'], (way) => `- ${per(`node_network_${way}_drop_total`)}`),
  ...each(
    ['idle', 'user', 'system', 'iowait'],
    (mode) => `avg(rate(node_cpu_seconds_total{mode="${mode}",instance="here:9100"}[1m]))`,
  ),
  `sum by (instance, mode) (${per('node_cpu_seconds_total')}) * 100`,
  `100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m])))`,
  `avg(sum without (mode) (rate(node_cpu_seconds_total{mode!="idle",mode!~"user|system|.*irq"}[1m])))`,
  `count(count by (cpu) (node_cpu_seconds_total${NODE}))`,
  `scalar(node_load1${NODE}) * 100 / count(count by (cpu) (node_cpu_seconds_total${NODE}))`,
  `clamp_min((1 - node_memory_MemAvailable_bytes${NODE} / node_memory_MemTotal_bytes${NODE}) * 100, 0)`,
  `node_memory_MemTotal_bytes - node_memory_MemFree_bytes - (node_memory_Cached_bytes + node_memory_Buffers_bytes + node_memory_SReclaimable_bytes)`,
  `(node_memory_SwapTotal_bytes > bool 0) * (1 - node_memory_SwapFree_bytes / node_memory_SwapTotal_bytes)`,
  `100 - node_filesystem_avail_bytes{device!~"rootfs",fstype!="tmpfs"} * 100 / node_filesystem_size_bytes{device!~"rootfs",fstype!="tmpfs"}`,
  `max(node_filesystem_size_bytes${NODE}) by (device) - on (device) max(node_filesystem_avail_bytes${NODE}) by (device)`,
  `node_filesystem_files - node_filesystem_files_free`,
  `(${per('node_disk_reads_completed_total')} > bool 0) * (${per('node_disk_read_time_seconds_total')} / ${per('node_disk_reads_completed_total')})`,
  `(node_network_speed_bytes > bool 0) * (${per('node_network_receive_bytes_total')} / node_network_speed_bytes)`,
  `node_network_up * on (instance, device) group_left (operstate, address) node_network_info`,
  `node_load1 * on (instance) group_left (nodename) node_uname_info`,
  `time() - node_boot_time_seconds`,
  `node_time_seconds - node_boot_time_seconds`,
  `process_open_fds / process_max_fds`,
  `increase(node_vmstat_oom_kill[5m])`,
  `rate(node_timex_loop_time_constant[1m]) or node_timex_tick_seconds`,
  `topk(5, rate(node_scrape_collector_duration_seconds[5m]))`,
  `1 - node_textfile_scrape_error`,
  `changes(node_boot_time_seconds[10m]) > 0`,
  `max_over_time(node_load1[10m])`,
  `quantile(0.9, rate(node_cpu_seconds_total{mode="system"}[2m]))`,
]

/** Returns the expressions of a dashboard, with its variables set to the captured machine. @throws {Error} when the file is not JSON. */
export function expressionsOf(file: string): readonly string[] {
  const found = new Set<string>()
  const walk = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(walk)
    else if (typeof part === 'object' && part !== null) {
      const { expr } = part as { readonly expr?: unknown }
      if (typeof expr === 'string') found.add(withVariables(expr))
      Object.values(part).forEach(walk)
    }
  }
  walk(JSON.parse(readFileSync(file, 'utf8')))
  return [...found]
}

/** Ranges become a minute, or 15 s where they are steps; names of variables become those of the captured machine. */
const withVariables = (expression: string): string =>
  expression
    .replaceAll(/\$\{?__rate_interval\}?/g, '1m')
    .replaceAll(/\$\{?__interval\}?/g, '15s')
    .replaceAll(/\$\{?__range\}?/g, '45m')
    .replaceAll(/\$\{?job\}?/g, 'node')
    .replaceAll(/\$\{?(?:node|instance)\}?/g, 'here:9100')

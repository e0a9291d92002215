// Commands and configurations that send a first point, with the reader's own address and key.

export interface Sender {
  /** URL of the suite. */
  readonly url: string
  /** The reader's credential; undefined for a suite that asks for none. */
  readonly key: string | undefined
  readonly service: string
}

export interface Snippet {
  readonly name: string
  readonly title: string
  /** Says what to do with the text. */
  readonly how: string
  readonly text: (sender: Sender) => string
}

export const METRIC = 'temperature'

/** A header for curl, in single quotes of a shell. */
const header = (key: string | undefined): string =>
  key === undefined ? '' : ` \\\n  -H 'Authorization: Bearer ${key}'`

const curl = ({ url, key, service }: Sender): string =>
  `curl -sS '${url}/api/v1/monitoring/metrics'${header(key)} \\
  -H 'Content-Type: application/json' \\
  -d '{"service_name":"${service}","metric_type":"${METRIC}","metric_value":21.5,"unit":"C"}'`

const otlp = ({ url, key, service }: Sender): string =>
  `curl -sS '${url}/v1/metrics'${header(key)} \\
  -H 'Content-Type: application/json' \\
  -d '{"resourceMetrics":[{
        "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"${service}"}}]},
        "scopeMetrics":[{"metrics":[{"name":"${METRIC}","unit":"C",
          "gauge":{"dataPoints":[{"asDouble":21.5,"timeUnixNano":"'$(date +%s)'000000000"}]}}]}]}]}'

# An SDK or a Collector needs its environment alone:
export OTEL_EXPORTER_OTLP_METRICS_ENDPOINT='${url}/v1/metrics'
export OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/protobuf${
    key === undefined ? '' : `\nexport OTEL_EXPORTER_OTLP_METRICS_HEADERS='Authorization=Bearer%20${key}'`
  }
export OTEL_SERVICE_NAME='${service}'`

const telegraf = ({ url, key = 'any' }: Sender): string =>
  `[[outputs.influxdb_v2]]
  urls = ["${url}"]
  token = "${key}"
  organization = "any"
  bucket = "telegraf"
  content_encoding = "gzip"

[[inputs.cpu]]
[[inputs.mem]]`

const prometheus = ({ url, key }: Sender): string =>
  `remote_write:
  - url: ${url}/api/v1/write${key === undefined ? '' : `\n    authorization:\n      credentials: ${key}`}`

const python = ({ url, key, service }: Sender): string =>
  `import json, urllib.request

point = {"service_name": "${service}", "metric_type": "${METRIC}", "metric_value": 21.5, "unit": "C"}
request = urllib.request.Request(
    "${url}/api/v1/monitoring/metrics",
    data=json.dumps(point).encode(),
    headers={"Content-Type": "application/json"${key === undefined ? '' : `, "Authorization": "Bearer ${key}"`}},
)
print(urllib.request.urlopen(request, timeout=30).read().decode())`

export const snippets = [
  { name: 'curl', title: 'curl', how: 'Paste it into a terminal.', text: curl },
  {
    name: 'otlp',
    title: 'OpenTelemetry',
    how: 'Paste the first command into a terminal, or give the environment to your program.',
    text: otlp,
  },
  {
    name: 'telegraf',
    title: 'Telegraf',
    how: 'Add it to telegraf.conf and restart Telegraf. Its inputs become services.',
    text: telegraf,
  },
  {
    name: 'prometheus',
    title: 'Prometheus',
    how: 'Add it to prometheus.yml and restart Prometheus. Its jobs become services.',
    text: prometheus,
  },
  {
    name: 'python',
    title: 'Python',
    how: 'Save it as first.py and run python3 first.py. It needs nothing but Python.',
    text: python,
  },
] as const satisfies readonly Snippet[]

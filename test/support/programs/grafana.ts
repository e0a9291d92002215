// Expands a query of Grafana's PostgreSQL data source like Grafana does before it sends it.
// https://github.com/grafana/grafana/blob/main/pkg/tsdb/grafana-postgresql-datasource/macros.go

export interface GrafanaRange {
  /** In RFC 3339, in UTC. */
  readonly from: string
  readonly to: string
  /** The value of `$__interval`: a number with s, m, h or d. */
  readonly interval: string
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/**
 * Expands the query. @throws {Error} for a variable, a format or a macro that the dashboards here do not use, or that Grafana does not
 * have.
 */
export function asGrafanaSends(
  query: string,
  { from, to, interval }: GrafanaRange,
  variables: Readonly<Record<string, string>>,
): string {
  return query
    .replaceAll('$__interval', interval)
    .replace(/\$\{(\w+):sqlstring\}/g, (_, name: string) => {
      const value = variables[name]
      if (value === undefined) throw new Error(`there is no variable ${name}`)
      return `'${value.replaceAll("'", "''")}'`
    })
    .replace(/\$(\w+)\(([^)]*)\)/g, (_, name: string, list: string) => {
      const [column = '', width = ''] = list.split(',').map((argument) => argument.trim())
      if (name === '__timeFrom') return `'${from}'`
      if (name === '__timeTo') return `'${to}'`
      if (name === '__timeFilter') return `${column} BETWEEN '${from}' AND '${to}'`
      if (name === '__timeGroupAlias')
        return `floor(extract(epoch from ${column})/${secondsOf(width)})*${secondsOf(width)} AS "time"`
      throw new Error(`unknown macro ${name}`)
    })
}

function secondsOf(width: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(width.replaceAll("'", '')) ?? []
  const seconds = Number(count) * (SECONDS[unit] ?? Number.NaN)
  if (!(seconds > 0)) throw new Error(`error parsing interval ${width}`)
  return seconds
}

// One operation in the reference page: its parameters, its body, its answers, and a request to copy.
import {
  type ApiDocument,
  type Media,
  nameOf,
  type Parameter,
  type PlacedOperation,
  type Response,
  type Schema,
} from './document.ts'
import { type Html, html, prose } from './markup.ts'
import { fieldRow, fieldTable, table, typeOf } from './schema-rows.ts'

/** The article of an operation. */
export function operationArticle(document: ApiDocument, operation: PlacedOperation): Html {
  const { operationId, method, path, summary, parameters = [], requestBody } = operation
  return html`<article id="${operationId}" class="operation">
<h3><a href="#${operationId}">${summary}</a></h3>
<p class="call">${badge(method)} <code>${path}</code></p>
<p class="scope">${scopeOf(operation)}</p>
${parameters.length === 0 ? undefined : parameterTable(parameters)}
${requestBody ? html`<h4>Body</h4>${Object.entries(requestBody.content).map(([type, media]) => contentOf(document, type, media))}` : undefined}
<h4>Request</h4>
<pre tabindex="0"><code>${curlOf(operation)}</code></pre>
<h4>Answers</h4>
${Object.entries(operation.responses).map(([status, response]) => answerOf(document, status, response))}
</article>
`
}

/** The method of an operation, in its own colour. */
export const badge = (method: string): Html => html`<span class="method ${method.toLowerCase()}">${method}</span>`

function scopeOf({ security }: PlacedOperation): Html {
  const scope = security.flatMap((way) => Object.values(way).flat())[0]
  if (security.length === 0) return html`Needs no credential. Each address has a limit.`
  const byAccount = security.some((way) => Object.hasOwn(way, 'oidc'))
  return html`Needs the scope <code>${scope ?? ''}</code>${byAccount ? ', or a Google service account that is configured for it' : ''}.`
}

const parameterTable = (parameters: readonly Parameter[]): Html =>
  html`<h4>Parameters</h4>${table(
    ['Parameter', 'Type', 'Meaning'],
    parameters.map((it) => {
      const place = it.in === 'query' ? '' : it.in === 'path' ? 'Part of the path. ' : 'Header. '
      return fieldRow(it.name, it.schema ?? {}, it.required === true, `${place}${it.description ?? ''}`)
    }),
  )}`

function answerOf(document: ApiDocument, status: string, response: Response): Html {
  const { components } = document
  const whole = response.$ref === undefined ? response : (components.responses[nameOf(response.$ref)] ?? response)
  const isProblem = Number(status) >= 400
  const headers = Object.keys(whole.headers ?? {}).map((name) =>
    fieldRow(name, { type: 'string' }, false, components.headers[name]?.description),
  )
  return html`<details class="${isProblem ? 'problem' : 'good'}"${isProblem ? undefined : html` open`}>
<summary><strong>${status}</strong> ${prose(whole.description ?? '')}</summary>
${Object.entries(whole.content ?? {}).map(([type, media]) => (isProblem ? problemOf(type, media) : contentOf(document, type, media)))}
${headers.length === 0 ? undefined : table(['Header', 'Type', 'Meaning'], headers)}
</details>
`
}

const contentOf = (document: ApiDocument, type: string, { schema = {} }: Media): Html =>
  html`<p><code>${type}</code>: ${typeOf(schema)}</p>${fieldTable(named(document, schema))}`

/** Returns the schema whose fields a body has: the named schema, or that of a list's entries. */
function named({ components }: ApiDocument, schema: Schema): Schema {
  const { $ref } = schema.items ?? schema
  return $ref === undefined ? schema : (components.schemas[nameOf($ref)] ?? schema)
}

const problemOf = (type: string, { schema = {} }: Media): Html =>
  html`<p><code>${type}</code>${
    schema.properties?.['type']
      ? html` with <code>type</code> ${typeOf(schema.properties['type'])}`
      : html`: ${typeOf(schema)}`
  }</p>`

/** Writes a command that sends the operation's example. */
function curlOf({ method, path, security, parameters = [], requestBody }: PlacedOperation): string {
  const filled = path.replace(/\{([^}]+)\}/g, (whole, name: string) => {
    const value = parameters.find((it) => it.in === 'path' && it.name === name)?.example
    return value === undefined ? whole : encodeURIComponent(textOf(value))
  })
  const query = parameters.flatMap(({ in: place, name, example }) =>
    place === 'query' && example !== undefined ? [`${name}=${encodeURIComponent(textOf(example))}`] : [],
  )
  const [type, media] = Object.entries(requestBody?.content ?? {}).find(([, it]) => it.example !== undefined) ?? []
  return [
    `curl -sS -X ${method} "$PENSTOCK_URL${filled}${query.length > 0 ? `?${query.join('&')}` : ''}"`,
    ...(security.length > 0 ? ['-H "Authorization: Bearer $PENSTOCK_KEY"'] : []),
    ...(type === undefined ? [] : [`-H 'Content-Type: ${type}'`, `--data-binary '${bodyText(media?.example)}'`]),
  ].join(' \\\n  ')
}

/** Writes the example for the single quotes of a shell. */
const bodyText = (example: unknown): string => textOf(example, 2).replaceAll("'", "'\\''")

const textOf = (example: unknown, indent?: number): string =>
  typeof example === 'string' ? example : JSON.stringify(example, null, indent)

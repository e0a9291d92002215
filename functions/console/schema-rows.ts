// JSON Schemas in the reference page: the type of a value in words, and the fields of an object as the rows of a table.
import { nameOf, type Schema } from './document.ts'
import { type Html, html, prose } from './markup.ts'

/** Objects that are nested deeper than this are shown by their type alone. */
const MAX_DEPTH = 4
/** Numbers above this limit are shown with an exponent. */
const LONG = 1e21

/** A value's type and rules, with links to the schemas that it refers to. */
export function typeOf(schema: Schema): Html {
  if (schema.$ref !== undefined) return html`<a href="#schema-${nameOf(schema.$ref)}">${nameOf(schema.$ref)}</a>`
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return joined(choices.map(typeOf), ' or ')
  if (schema.allOf) return joined(schema.allOf.map(typeOf), ' and ')
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`
  if (schema.enum)
    return joined(
      schema.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`),
      ' or ',
    )
  if (schema.type === 'array') return html`array of ${typeOf(schema.items ?? {})}${rulesOf(schema)}`
  return html`${nameOfType(schema)}${rulesOf(schema)}`
}

function nameOfType({ type, format, contentEncoding }: Schema): string {
  if (contentEncoding !== undefined) return 'bytes'
  const [name = 'any value', ...others] = typeof type === 'string' ? [type] : (type ?? [])
  return [format ?? name, ...others].join(' or ')
}

/** The limits of a value, such as `, 1 to 100 characters`. */
function rulesOf(schema: Schema): string {
  const rules = [
    span(schema.minLength, schema.maxLength, ' characters'),
    span(schema.minimum, schema.maximum, ''),
    schema.exclusiveMinimum === undefined ? undefined : `more than ${schema.exclusiveMinimum}`,
    schema.exclusiveMaximum === undefined ? undefined : `less than ${schema.exclusiveMaximum}`,
    span(schema.minItems, schema.maxItems, ' entries'),
    schema.maxProperties === undefined ? undefined : `at most ${schema.maxProperties} fields`,
    schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
  ].filter((rule) => rule !== undefined)
  return rules.map((rule) => `, ${rule}`).join('')
}

function span(min: number | undefined, max: number | undefined, what: string): string | undefined {
  const isOpen = max === undefined || max === Number.MAX_SAFE_INTEGER
  if (min === undefined) return isOpen ? undefined : `at most ${shown(max)}${what}`
  if (isOpen) return min === 0 ? undefined : `at least ${shown(min)}${what}`
  return min === max ? `${shown(min)}${what}` : `${shown(min)} to ${shown(max)}${what}`
}

const shown = (value: number): string => (Math.abs(value) < LONG ? value.toLocaleString('en-US') : String(value))

const joined = (pieces: readonly Html[], by: string): Html =>
  html`${pieces.map((piece, i) => (i === 0 ? piece : html`${by}${piece}`))}`

/** A table of an object's fields; nothing for a value without fields of its own. */
export function fieldTable(schema: Schema): Html | undefined {
  const rows = rowsOf(schema, '', 0)
  if (rows.length === 0) return undefined
  return table(['Field', 'Type', 'Meaning'], rows)
}

/** A table that scrolls by itself where the screen is narrower. */
export const table = (heads: readonly string[], rows: readonly Html[]): Html =>
  html`<div class="scroll" tabindex="0" role="group" aria-label="${heads.join(', ')}"><table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`

function rowsOf(schema: Schema, prefix: string, depth: number): readonly Html[] {
  const { properties = {}, required = [] } = schema
  return Object.entries(properties).flatMap(([name, field]) => {
    const path = `${prefix}${name}`
    const inner = depth < MAX_DEPTH ? innerOf(field) : undefined
    const isRequired = required.includes(name)
    return [
      fieldRow(path, field, isRequired),
      ...(inner ? rowsOf(inner.schema, `${path}${inner.isList ? '[]' : ''}.`, depth + 1) : []),
    ]
  })
}

/** A row: name, type, meaning. */
export const fieldRow = (name: string, schema: Schema, isRequired: boolean, description = schema.description): Html =>
  html`<tr><th scope="row"><code>${name}</code>${isRequired ? html` <span class="needed">required</span>` : undefined}</th><td>${typeOf(schema)}</td><td>${prose(description ?? '')}</td></tr>
`

/** Returns the object in a field when that object has no name of its own. */
function innerOf(field: Schema): { readonly schema: Schema; readonly isList: boolean } | undefined {
  const choice = (field.anyOf ?? [field]).find((one) => one.properties ?? one.items?.properties)
  if (choice?.properties) return { schema: choice, isList: false }
  return choice?.items ? { schema: choice.items, isList: true } : undefined
}

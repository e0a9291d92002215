import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type ApiDocument, operationsOf } from './document.ts'
import { html, prose } from './markup.ts'
import { referencePage } from './reference-page.ts'
import { fieldTable, typeOf } from './schema-rows.ts'

const text = readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')
const document = JSON.parse(text) as ApiDocument
const page = referencePage(document, '/style.css')

describe('markup', () => {
  it('escapes text, and leaves pieces of HTML as they are', () => {
    const text = `<script>"it's" & more`
    expect(html`<p title="${text}">${[html`<b>${text}</b>`]}</p>`.markup).toBe(
      '<p title="&lt;script&gt;&quot;it&#39;s&quot; &amp; more"><b>&lt;script&gt;&quot;it&#39;s&quot; &amp; more</b></p>',
    )
  })

  it('shows text between backticks as code', () => {
    expect(html`${prose('a `<b>` c')}`.markup).toBe('a <code>&lt;b&gt;</code> c')
  })
})

describe('the type of a value', () => {
  it.each([
    [{ type: 'string', minLength: 1, maxLength: 100 }, 'string, 1 to 100 characters'],
    [{ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, 'integer'],
    [{ type: 'integer', minimum: 1, maximum: 10_000, default: 1_000 }, 'integer, 1 to 10,000, default 1000'],
    [{ type: 'number', exclusiveMinimum: 0 }, 'number, more than 0'],
    [{ type: 'number', minimum: -1e150, maximum: 1e150 }, 'number, -1e+150 to 1e+150'],
    [{ type: 'string', format: 'date-time' }, 'date-time'],
    [{ type: 'array', items: { $ref: '#/components/schemas/A' } }, 'array of <a href="#schema-A">A</a>'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string or null'],
    [{ type: ['integer', 'null'], minimum: 60, maximum: 3_600 }, 'integer or null, 60 to 3,600'],
    [{ enum: ['<', '>'] }, '<code>&quot;&lt;&quot;</code> or <code>&quot;&gt;&quot;</code>'],
  ])('%j', (schema, text) => {
    expect(typeOf(schema).markup).toBe(text)
  })

  it('has the fields of objects within it as rows of their own', () => {
    const inner = { type: 'object', required: ['b'], properties: { b: { type: 'string' } } }
    const table = fieldTable({ type: 'object', properties: { a: { type: 'array', items: inner } } })
    expect(table?.markup).toMatch(/<code>a\[\]\.b<\/code> <span class="needed">required<\/span>/)
  })
})

describe('the reference page', () => {
  it('shows every operation, every parameter and every schema of the document', () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const operations = document.tags.flatMap(({ name }) => operationsOf(document, name))
    expect(operations.length).toBe(Object.values(document.paths).flatMap((methods) => Object.keys(methods)).length)
    for (const { operationId, parameters = [] } of operations) {
      const article = page.split(`<article id="${operationId}"`)[1]?.split('</article>')[0] ?? ''
      for (const { name } of parameters) expect(article).toContain(`<code>${name}</code>`)
    }
    for (const name of Object.keys(document.components.schemas)) expect(ids).toContain(`schema-${name}`)
  })

  it('has no link that leads nowhere', () => {
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id ?? '')
    expect(links.length).toBeGreaterThan(100)
    expect(links.filter((id) => !page.includes(` id="${id}"`))).toEqual([])
  })

  it('has a command for each operation, with its example', () => {
    expect(page).toContain('curl -sS -X POST &quot;$PENSTOCK_URL/api/v1/feedback/rate&quot;')
    expect(page.match(/curl -sS -X/g)).toHaveLength(
      document.tags.flatMap(({ name }) => operationsOf(document, name)).length,
    )
  })
})

// The reference page: the API document as static HTML, without a script.
import { type ApiDocument, operationsOf, type Schema } from './document.ts'
import { type Html, html, prose } from './markup.ts'
import { badge, operationArticle } from './operation-article.ts'
import { fieldTable, typeOf } from './schema-rows.ts'

/** The page of a document. `stylesheet` is the URL of its styles. */
export function referencePage(document: ApiDocument, stylesheet: string): string {
  const { info, tags, components } = document
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info.title} API reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${stylesheet}">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<p class="name">${info.title} <span>API reference, version ${info.version}</span></p>
<a href="/openapi.json">openapi.json</a>
</header>
<div class="columns">
<details class="menu"><summary>Operations</summary>${menuOf(document)}</details>
<nav class="side" aria-label="Operations">${menuOf(document)}</nav>
<main id="content">
${introductionOf(document)}
${tags.map((tag) => sectionOf(document, tag))}
<section id="schemas">
<h2>Schemas</h2>
${Object.entries(components.schemas).map(([name, schema]) => schemaArticle(name, schema))}
</section>
</main>
</div>
</body>
</html>
`
  return page.markup
}

const menuOf = (document: ApiDocument): Html => html`<ul>
<li><a href="#content">Introduction</a></li>
${document.tags.map(
  ({ name }) => html`<li><a class="tag" href="#tag-${name}">${name}</a><ul>
${operationsOf(document, name).map(
  ({ operationId, method, summary }) =>
    html`<li><a href="#${operationId}">${badge(method)} <span>${summary}</span></a></li>
`,
)}</ul></li>
`,
)}<li><a class="tag" href="#schemas">Schemas</a></li>
</ul>`

const introductionOf = ({ info, components }: ApiDocument): Html => html`<section>
<h1>${info.title} API reference</h1>
${info.description.split('\n\n').map((paragraph) => html`<p>${prose(paragraph)}</p>`)}
<h2>Credentials</h2>
<ul>
${Object.entries(components.securitySchemes).map(
  ([name, { description }]) => html`<li><code>${name}</code>: ${prose(description)}</li>
`,
)}</ul>
<p>The requests on this page expect the address of the suite in <code>PENSTOCK_URL</code> and a key in <code>PENSTOCK_KEY</code>.</p>
</section>
`

const sectionOf = (
  document: ApiDocument,
  { name, description }: ApiDocument['tags'][number],
): Html => html`<section id="tag-${name}">
<h2>${name}</h2>
<p>${prose(description)}</p>
${operationsOf(document, name).map((operation) => operationArticle(document, operation))}
</section>
`

const schemaArticle = (name: string, schema: Schema): Html => html`<article id="schema-${name}" class="schema">
<h3><a href="#schema-${name}">${name}</a></h3>
${schema.description === undefined ? undefined : html`<p>${prose(schema.description)}</p>`}
${fieldTable(schema) ?? html`<p>${typeOf(schema)}</p>`}
</article>
`

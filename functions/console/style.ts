// The styles of the reference page: system fonts, light and dark by the reader's preference, one column on a narrow screen.

export const style = `:root {
  color-scheme: light dark;
  --text: light-dark(#1c2330, #e4e8ef);
  --quiet: light-dark(#566074, #a3adbf);
  --ground: light-dark(#ffffff, #12161d);
  --raised: light-dark(#f4f6f9, #1b212b);
  --line: light-dark(#d9dee7, #303947);
  --link: light-dark(#0b5cad, #7db7f5);
  --get: light-dark(#0b6b4f, #5fd3a8);
  --post: light-dark(#0b5cad, #7db7f5);
  --put: light-dark(#8a5300, #f0b75f);
  --delete: light-dark(#a8202c, #ff8d94);
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
* { box-sizing: border-box; }
html { scroll-padding-top: 4rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
a { color: var(--link); text-underline-offset: 0.15em; }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code { font: 0.875em var(--mono); overflow-wrap: anywhere; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; z-index: 3; background: var(--ground); padding: 0.5rem 1rem; }
header { position: sticky; top: 0; z-index: 2; display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; padding: 0.75rem 1.5rem; background: var(--ground); border-bottom: 1px solid var(--line); }
header .name { margin: 0; font-weight: 700; }
header .name span { color: var(--quiet); font-weight: 400; }
.columns { display: grid; grid-template-columns: 20rem minmax(0, 1fr); max-width: 90rem; margin: 0 auto; }
.menu { display: none; }
.side { position: sticky; top: 3.2rem; height: calc(100vh - 3.2rem); overflow-y: auto; padding: 1.25rem 1rem 2rem 1.5rem; border-right: 1px solid var(--line); font-size: 0.875rem; }
nav ul, .menu ul { list-style: none; margin: 0; padding: 0; }
nav li > ul, .menu li > ul { margin: 0.2rem 0 1rem; }
nav a, .menu a { display: flex; gap: 0.6rem; align-items: baseline; padding: 0.22rem 0; color: var(--text); text-decoration: none; }
nav a:hover span:last-child, .menu a:hover span:last-child, a.tag:hover { text-decoration: underline; }
a.tag { font-weight: 700; }
.method { flex: none; min-width: 3.1rem; font: 700 0.7rem/1.6 var(--mono); color: var(--get); }
.method.post { color: var(--post); }
.method.put, .method.patch { color: var(--put); }
.method.delete { color: var(--delete); }
main { min-width: 0; padding: 1rem 2.5rem 6rem; }
main section > p, main section > ul { max-width: 46rem; }
h1 { margin: 0.5rem 0 1rem; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 3rem 0 0.5rem; font-size: 1.4rem; line-height: 1.3; }
h3 { margin: 0 0 0.5rem; font-size: 1.1rem; line-height: 1.35; }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover { text-decoration: underline; }
h4 { margin: 1.25rem 0 0.4rem; font-size: 0.8rem; letter-spacing: 0.04em; text-transform: uppercase; color: var(--quiet); }
.operation, .schema { margin: 1.5rem 0; padding: 1.25rem 1.5rem 1.5rem; border: 1px solid var(--line); border-radius: 0.5rem; }
.operation:target, .schema:target { border-color: var(--link); }
.call { margin: 0; display: flex; gap: 0.5rem; align-items: baseline; padding: 0.45rem 0.75rem; background: var(--raised); border-radius: 0.35rem; }
.scope { margin: 0.6rem 0 0; color: var(--quiet); font-size: 0.925rem; }
pre { margin: 0; padding: 0.9rem 1rem; overflow-x: auto; background: var(--raised); border-radius: 0.35rem; line-height: 1.5; }
pre code { overflow-wrap: normal; }
.scroll { overflow-x: auto; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.45rem 1rem 0.45rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
tr:last-child > * { border-bottom: 0; }
thead th { color: var(--quiet); font-weight: 600; font-size: 0.8rem; }
thead th { width: 30%; }
thead th:last-child { width: 40%; }
tbody th { font-weight: 600; }
.needed { color: var(--delete); font-size: 0.75rem; font-weight: 400; white-space: nowrap; }
details.problem, details.good { border-top: 1px solid var(--line); padding: 0.4rem 0; font-size: 0.925rem; }
details p { margin: 0.5rem 0; }
summary { cursor: pointer; }
details.problem summary strong { color: var(--delete); }
details.good summary strong { color: var(--get); }
@media (max-width: 60rem) {
  .columns { display: block; }
  .side { display: none; }
  .menu { display: block; padding: 0.75rem 1rem; border-bottom: 1px solid var(--line); }
  .menu summary { font-weight: 700; }
  header { padding: 0.6rem 1rem; }
  header .name span { display: none; }
  main { padding: 0.5rem 1rem 4rem; }
  .operation, .schema { padding: 1rem; }
}
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, tbody th, td { display: block; width: auto; }
  tbody tr { padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  tbody tr:last-child { border-bottom: 0; }
  tbody th, td { border: 0; padding: 0.1rem 0; }
  td:nth-child(2) { width: auto; color: var(--quiet); }
  td:empty { display: none; }
}
@media print { header, .side, .menu, .skip { display: none; } .columns { display: block; } }
`

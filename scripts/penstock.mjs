#!/usr/bin/env node
// Starts scripts/penstock.ts under Node 24. An older Node cannot run TypeScript, so the one that `npm ci` installed takes over.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'

const NEEDED = 24

if (Number(process.versions.node.split('.')[0]) >= NEEDED) await import('./penstock.ts')
else await runUnder(installedNode())

/** The path of the Node that came with the packages, or undefined. */
function installedNode() {
  try {
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`)
  } catch {
    return undefined
  }
}

async function runUnder(node) {
  if (node === undefined) {
    process.stderr.write(
      `penstock needs Node ${NEEDED} or newer and found ${process.version}. Run "npm ci", or install it.\n`,
    )
    process.exitCode = 2
    return
  }
  const child = spawn(node, [new URL('penstock.ts', import.meta.url).pathname, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  // Ctrl-C reaches the child from the terminal; other signals are passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}

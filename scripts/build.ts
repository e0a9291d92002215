// Builds what is deployed: a folder per function with its bundle and the exact packages that stay outside it.
import { buildCommand } from './deploy/build.ts'

await buildCommand()

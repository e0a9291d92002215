// Builds the deployed files: a folder per function with its bundle and the exact packages that are not part of it.
import { buildCommand } from './deploy/build.ts'

await buildCommand()

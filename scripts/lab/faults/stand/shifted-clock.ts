// Loaded before a function (`node --import`): shifts its clock by the milliseconds in the file that SHIFTED_CLOCK names. The file is read
// at the start, and again on SIGUSR2. Timers and the monotonic clock are not changed, like in an instance whose wall clock was set.
import { readFileSync } from 'node:fs'

const TrueDate = Date
let shiftMs = 0
const read = (): void => {
  shiftMs = Number(readFileSync(process.env['SHIFTED_CLOCK'] ?? '', 'utf8'))
}
const now = (): number => TrueDate.now() + shiftMs

read()
process.on('SIGUSR2', read)
globalThis.Date = new Proxy(TrueDate, {
  construct: (target, parameters) =>
    parameters.length === 0 ? new target(now()) : Reflect.construct(target, parameters),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})

// All faults, in the order in which they are tried: those that share a fleet are adjacent.
import { evaluateTwice, killAlerts, loseSettlement } from './cases/alerts.ts'
import { changeAudit } from './cases/audit.ts'
import { shiftClocks } from './cases/clock.ts'
import { endFunction, rollOut } from './cases/ended.ts'
import { freezeBusy, freezeIdle } from './cases/frozen.ts'
import { fillDisk } from './cases/full-disk.ts'
import { crashServer, killBackend, killFunction } from './cases/killed.ts'
import { holdLock } from './cases/locked.ts'
import { cutCommits, losePath, slowDatabase } from './cases/network.ts'
import { redeliver } from './cases/redelivered.ts'
import { refuseConnections, refuseWrites } from './cases/refused.ts'
import { starve, stormOnSmall, stormOnStandard } from './cases/storm.ts'
import type { Fault } from './fault.ts'

export const catalogue: readonly Fault[] = [
  killFunction,
  killBackend,
  crashServer,
  endFunction,
  freezeIdle,
  freezeBusy,
  refuseConnections,
  refuseWrites,
  holdLock,
  rollOut,
  cutCommits,
  slowDatabase,
  losePath,
  shiftClocks,
  starve,
  stormOnSmall,
  redeliver,
  killAlerts,
  evaluateTwice,
  loseSettlement,
  changeAudit,
  stormOnStandard,
  fillDisk,
]

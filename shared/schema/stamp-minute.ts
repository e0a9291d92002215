/** The number of slots of a minute that were given out as timestamps. */
export interface StampMinuteTable {
  readonly minute: string
  slots: number
}

/** How many slots of a minute of given timestamps were drawn. */
export interface StampMinuteTable {
  readonly minute: string
  slots: number
}

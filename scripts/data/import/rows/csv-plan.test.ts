import { describe, expect, it } from 'vitest'
import { ImportError } from '../import-error.ts'
import { readOptions } from '../options.ts'
import { createSeriesNamer } from '../series-names.ts'
import type { Source } from '../source.ts'
import { planCsv } from './csv-plan.ts'

const tenant = { id: 1, name: 't', seriesLimit: 10, ignoredLabels: ['run'] }

function plan(text: string | Buffer, args: readonly string[] = [], service = 'boiler') {
  const head = Buffer.from(text)
  const source: Source = { path: 'data/a.csv', name: 'a', size: head.length, gzip: false, format: 'csv', head }
  const { csv } = readOptions(['data/a.csv', '--service', service, ...args], {})
  return planCsv(source, csv, createSeriesNamer(tenant, csv))
}
const columns = (text: string, args?: readonly string[]) => plan(text, args).metrics.map(({ name }) => name)

describe('the time column of a file', () => {
  it.each([
    ['timestamp,value\n2014-02-14 14:30:00,1\n', 'timestamp', 'iso'],
    ['value,Time\n1,2014-02-14T14:30:00Z\n', 'Time', 'iso'],
    ['measured_on,v\n2/1/2019 0:05,1\n', 'measured_on', 'M/D/YYYY'],
    ['date,v\n2014-02-14,1\n', 'date', 'iso'],
    ['datetime,v\n1577836800,1\n', 'datetime', 'unix-s'],
    ['time,v\n1577836800123,1\n', 'time', 'unix-ms'],
    [',v\n1/1/2022 0:05,1\n', '', 'M/D/YYYY'],
    ['\ufefftimestamp,value\r\n2014-02-14 14:30:00,1\r\n', 'timestamp', 'iso'],
    // An index without a name, and dirt in the first rows.
    [',time,v\n0,?,1\n1,2014-02-14 14:30:00,2\n2,2014-02-14 14:35:00,2\n', 'time', 'iso'],
  ])('is found by its name and what it holds: %j', (text, name, format) =>
    expect(plan(text).time).toMatchObject({ name, format }),
  )

  it('may be named, and so may its format', () => {
    const text = 'timestamp,taken,v\n2014-02-14 14:30:00,3/4/2019,1\n'
    expect(plan(text, ['--time', 'taken']).time).toEqual({
      column: 1,
      clock: undefined,
      name: 'taken',
      format: 'M/D/YYYY',
      guessed: true,
      descending: false,
    })
    const said = plan(text, ['--time', 'taken', '--time-format', 'd/m/yyyy']).time
    expect(said).toMatchObject({ column: 1, name: 'taken', format: 'D/M/YYYY', guessed: false })
  })

  it.each([
    ['a,b\n1,2\n', [], /no column is called like a time: --time COLUMN; its columns are "a", "b"$/],
    ['a,b\n1,2\n', ['--time', 'c'], /there is no column "c"; its columns are "a", "b"$/],
    ['time,b\nnoon,2\n', [], /the column "time" holds no times that can be read \("noon"\).*"time", "b"$/],
    [
      'date,time,v\n2014-02-14,2014-02-14 00:00,1\n',
      [],
      /several columns hold times \("date", "time"\): --time COLUMN$/,
    ],
  ])('is asked for where it cannot be told: %j %j', (text, args, message) =>
    expect(() => plan(text, args)).toThrow(message),
  )
})

describe('a date and a time of day in two columns', () => {
  const time = (text: string, args: readonly string[] = []) => {
    const { name, format, clock } = plan(text, args).time
    return [name, format, clock]
  }
  it.each([
    ['DATE,TIME,v\n2026-11-02,00:15:00,1\n', 'DATE + TIME', 'iso'],
    ['Date;Time;v\n14.11.2026;18.00.00;1\n', 'Date + Time', 'D.M.YYYY'],
    ['Datum;v;Uhrzeit\n14.11.2026;1;18:00\n', 'Datum + Uhrzeit', 'D.M.YYYY'],
    ['date,hour,v\n2026-11-02,24,1\n', 'date + hour', 'iso'],
    ['date,hour,v\n20261102,0,1\n', 'date + hour', 'YYYYMMDD'],
  ])('is found: %j', (text, name, format) => expect(time(text).slice(0, 2)).toEqual([name, format]))

  it('may be named, and a date alone is not taken where its rows have one time each', () => {
    const rows = 'day,at,v\n2026-11-02,00:15,1\n2026-11-02,00:30,2\n'
    expect(time(rows, ['--time', 'day', '--time', 'at'])).toEqual(['day + at', 'iso', 1])
    const daily = 'date,time,v\n2026-11-02,00:15,1\n2026-11-03,00:30,2\n'
    expect(time(daily, ['--time', 'date'])).toEqual(['date', 'iso', undefined])
    expect(() => plan(daily.replace('11-03', '11-02'), ['--time', 'date'])).toThrow(
      /"date" holds dates alone.*: --time "date" --time "time" takes both$/,
    )
  })
})

describe('the delimiter and the decimals of a file', () => {
  it('are told by the header, and by the command line', () => {
    expect(plan('time;a;b\n2026-11-02;1;2\n').delimiter).toBe(';')
    expect(plan('time\ta\n2026-11-02\t1\n').delimiter).toBe('\t')
    expect(plan('time|a\n2026-11-02|1\n').delimiter).toBe('|')
    expect(plan('"time;x","a"\n2026-11-02,1\n', ['--time', 'time;x']).delimiter).toBe(',')
    const text = 'time;a;b\n2026-11-02;1,5;2\n'
    expect(plan(text)).toMatchObject({ metrics: [{ name: 'b' }], commas: ['a'] })
    expect(plan(text, ['--decimal', ',']).metrics.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(() => plan('time;a\n2026-11-02;1,5\n')).toThrow(/"a" hold decimal commas, which --decimal , reads/)
  })
})

describe('columns that say which series a row belongs to', () => {
  const labels = (text: string, args: readonly string[] = []) => plan(text, args).labels.map(({ name }) => name)

  it('are labels where they are called so', () => {
    expect(labels('entity_id,state,last_changed\na,1,2026-11-02T10:00:00Z\nb,2,2026-11-02T10:00:00Z\n')).toEqual([
      'entity_id',
    ])
    expect(plan('time,sensor_id,v\n2026-11-02,1,1\n2026-11-02,2,1\n').metrics.map(({ name }) => name)).toEqual(['v'])
    expect(labels('time,Station,v\n2026-11-02,x,1\n', ['--leave-out', 'Station'])).toEqual([])
    // A column that differs in every row distinguishes rows, not series.
    const rows = Array.from({ length: 30 }, (_, i) => `2026-11-02 00:${i + 10},${i},1`).join('\n')
    expect(labels(`time,event_id,v\n${rows}\n`)).toEqual([])
  })

  it('are asked for where rows of one time differ in a column of texts', () => {
    const text = 'time,who,v\n2026-11-02,x,1\n2026-11-02,y,2\n'
    expect(() => plan(text)).toThrow(/differ in the column "who".*--label-column "who".*--leave-out "who"/)
    expect(labels(text, ['--label-column', 'who'])).toEqual(['who'])
    expect(labels(text, ['--leave-out', 'who'])).toEqual([])
    expect(plan(text, ['--metric', 'v={who}']).braced).toEqual([{ column: 1, name: 'who' }])
    expect(() => plan(text, ['--label-column', 'nobody'])).toThrow(/has no column "nobody"/)
  })
})

describe('the metrics of a file', () => {
  it('are its columns of numbers, of unit 1, and what is left out is named', () => {
    const found = plan('timestamp,temp,note,empty,,dirty\n2014-02-14,1.5,ok,,9,ERR\n2014-02-15,2,ok,NULL,9,3\n')
    expect(found.metrics).toMatchObject([
      { column: 1, name: 'temp', series: { service: 'boiler', type: 'temp', unit: '1', labels: '{}' } },
      { column: 3, name: 'empty', series: { service: 'boiler', type: 'empty', unit: '1', labels: '{}' } },
      { column: 5, name: 'dirty', series: { service: 'boiler', type: 'dirty', unit: '1', labels: '{}' } },
    ])
    expect(found.leftOut).toEqual(['note', '(column 5)'])
  })

  it('are those that are named, with type and unit, whatever they look like', () => {
    const text = 'timestamp,temp,a=b:c,note\n2014-02-14,1,2,x\n'
    const named = plan(text, ['--metric', 'temp=temperature:C', '--metric', 'a=b:c=x:y:m/s', '--metric', 'note'])
    expect(named.metrics.map(({ column, series }) => [column, series.type, series.unit])).toEqual([
      [1, 'temperature', 'C'],
      [2, 'x:y', 'm/s'],
      [3, 'note', '1'],
    ])
    expect(plan(text, ['--metric', 'temp=temperature:']).metrics[0]?.series.unit).toBe('')
  })

  it('have labels, of which the tenant’s ignored ones are left out, and {file} stands for the file', () => {
    const labels = ['--label', 'site=x=y', '--label', 'from={file}', '--label', 'run=7']
    const [metric] = plan('timestamp,v\n2014-02-14,1\n', [...labels, '--metric', 'v={file}-v:C'], 'pv/{file}').metrics
    expect(metric?.series).toEqual({ service: 'pv/a', type: 'a-v', unit: 'C', labels: '{"from":"a","site":"x=y"}' })
  })

  it('may be separated by another character', () => {
    expect(columns('timestamp;a;b\n2014-02-14;1;2\n', ['--delimiter', ';'])).toEqual(['a', 'b'])
    expect(columns('timestamp\ta\n2014-02-14\t1\n', ['--delimiter', 'tab'])).toEqual(['a'])
  })

  it.each([
    ['timestamp,note\n2014-02-14,x\n', [], /no column with numbers; its columns are "timestamp", "note"$/],
    ['timestamp,v\n2014-02-14,1\n', ['--metric', 'w'], /no column "w"; its columns are "timestamp", "v"$/],
    ['timestamp,v,v\n2014-02-14,1,2\n', [], /two columns "v"$/],
    ['timestamp,a,b\n2014-02-14,1,2\n', ['--metric', 'a=x:C', '--metric', 'b=x:C'], /"a", "b" would be one series$/],
    [`timestamp,${'x'.repeat(51)}\n2014-02-14,1\n`, [], /metric_type must have at most 50 characters$/],
    ['timestamp,v\n2014-02-14,1\n', ['--metric', 'v=v:123456789012345678901'], /unit must have at most 20 characters$/],
  ])('are refused where they cannot be told apart or break a rule of the wire: %j %j', (text, args, message) => {
    expect(() => plan(text, args)).toThrow(message)
    expect(() => plan(text, args)).toThrow(ImportError)
  })

  it('have a service of at most 100 characters', () => {
    const text = 'timestamp,v\n2014-02-14,1\n'
    expect(plan(text, [], 's'.repeat(100)).metrics).toHaveLength(1)
    expect(() => plan(text, [], 's'.repeat(101))).toThrow(/"v": service_name must have at most 100 characters/)
  })

  it('need text in UTF-8, also where the sample ends inside a character', () => {
    expect(() => plan(Buffer.from('timestamp,M\xfcnchen\n2014-02-14,1\n', 'latin1'))).toThrow(/not valid UTF-8/)
    const cut = Buffer.concat([Buffer.from('timestamp,München\n2014-02-14,1\n2014-02-15,'), Buffer.from([0xc3])])
    expect(plan(cut).metrics.map(({ name }) => name)).toEqual(['München'])
  })
})

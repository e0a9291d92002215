import { describe, expect, it } from 'vitest'
import { planCsv } from './csv-plan.ts'
import { ImportError } from './import-error.ts'
import { readOptions } from './options.ts'
import { createSeriesNamer } from './series-names.ts'
import type { Source } from './source.ts'

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
      name: 'taken',
      format: 'M/D/YYYY',
      guessed: true,
    })
    const said = plan(text, ['--time', 'taken', '--time-format', 'd/m/yyyy']).time
    expect(said).toEqual({ column: 1, name: 'taken', format: 'D/M/YYYY', guessed: false })
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

describe('the metrics of a file', () => {
  it('are its columns of numbers, of unit 1, and what is left out is named', () => {
    const found = plan('timestamp,temp,note,empty,,dirty\n2014-02-14,1.5,ok,,9,ERR\n2014-02-15,2,ok,NULL,9,3\n')
    expect(found.metrics).toEqual([
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
    expect(() => plan(Buffer.from('timestamp,M\xfcnchen\n2014-02-14,1\n', 'latin1'))).toThrow(/no UTF-8/)
    const cut = Buffer.concat([Buffer.from('timestamp,München\n2014-02-14,1\n2014-02-15,'), Buffer.from([0xc3])])
    expect(plan(cut).metrics.map(({ name }) => name)).toEqual(['München'])
  })
})

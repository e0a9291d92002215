import { busy, Problem } from '@penstock/shared/base/problem.ts'
import { describe, expect, it } from 'vitest'
import { createGroupCommit } from './group-commit.ts'

/** Commits that a test releases one by one. */
function controlled(limits: { maxGroupPoints?: number; fullGroupPoints?: number; maxWaitingPoints?: number } = {}) {
  const commits: { tenant: number; members: readonly string[]; done: PromiseWithResolvers<void> }[] = []
  const submit = createGroupCommit<string, string>({
    async commit(tenant, members) {
      const done = Promise.withResolvers<void>()
      commits.push({ tenant, members, done })
      await done.promise
      if (members.includes('bad')) throw new Error('bad')
      return members.map((member) => `${member}!`)
    },
    isTrouble: (error) => error instanceof Problem,
    sizeOf: (member) => member.length,
    maxGroupPoints: limits.maxGroupPoints ?? 100,
    fullGroupPoints: limits.fullGroupPoints ?? 100,
    maxGroupsAtOnce: 2,
    maxWaitingPoints: limits.maxWaitingPoints ?? 100,
  })
  const finish = async (i: number, error?: unknown) => {
    await expect.poll(() => commits.length).toBeGreaterThan(i)
    if (error) commits[i]?.done.reject(error)
    else commits[i]?.done.resolve()
  }
  return { submit, commits, finish, groups: () => commits.map((commit) => commit.members) }
}

describe('group commit', () => {
  it('lets an idle tenant wait for nothing, and puts together what comes meanwhile', async () => {
    const { submit, finish, groups } = controlled()
    const answers = ['a', 'b', 'c'].map((member) => submit(1, member))
    expect(groups()).toEqual([['a']])
    await finish(0)
    await finish(1)
    expect(await Promise.all(answers)).toEqual(['a!', 'b!', 'c!'])
    expect(groups()).toEqual([['a'], ['b', 'c']])
  })

  it('keeps tenants apart', async () => {
    const { submit, commits } = controlled()
    void submit(1, 'a')
    void submit(2, 'b')
    expect(commits.map(({ tenant, members }) => [tenant, members])).toEqual([
      [1, ['a']],
      [2, ['b']],
    ])
  })

  it('bounds a group in points, and lets a larger member go alone', async () => {
    const { submit, finish, groups } = controlled({ maxGroupPoints: 4 })
    const answers = ['a', 'bb', 'cc', 'ddddd', 'e'].map((member) => submit(1, member))
    for (const i of [0, 1, 2, 3]) await finish(i)
    await Promise.all(answers)
    expect(groups()).toEqual([['a'], ['bb', 'cc'], ['ddddd'], ['e']])
  })

  it('gives what fills a group a transaction of its own, one point below not', async () => {
    const { submit, finish, groups } = controlled({ fullGroupPoints: 3 })
    const answers = ['a', 'bb', 'c'].map((member) => submit(1, member))
    expect(groups()).toEqual([['a'], ['bb', 'c']])
    await finish(1)
    expect(await Promise.all(answers.slice(1))).toEqual(['bb!', 'c!'])
    await finish(0)
    expect(await answers[0]).toBe('a!')
  })

  it('has no more than two transactions of a tenant under way, however much waits', async () => {
    const { submit, finish, groups } = controlled({ fullGroupPoints: 2, maxGroupPoints: 4 })
    const answers = ['aa', 'bb', 'cc', 'dd', 'ee'].map((member) => submit(1, member))
    expect(groups()).toEqual([['aa'], ['bb']])
    await finish(1)
    await expect.poll(groups).toEqual([['aa'], ['bb'], ['cc', 'dd']])
    for (const i of [0, 2, 3]) await finish(i)
    expect(await Promise.all(answers)).toEqual(['aa!', 'bb!', 'cc!', 'dd!', 'ee!'])
  })

  it('refuses a tenant with 429 when it has its share of what waits, and takes points of others', async () => {
    const { submit } = controlled({ maxWaitingPoints: 10 })
    void submit(1, 'a')
    void submit(1, 'bbbbbbbb')
    await expect(submit(1, 'c')).rejects.toMatchObject({ kind: { status: 429 } })
    void submit(2, 'd')
    void submit(2, 'e')
    await expect(submit(3, 'fff')).rejects.toMatchObject({ kind: { status: 503 } })
  })

  it('spoils no other member by a bad one: each is run alone, once', async () => {
    const { submit, finish, groups } = controlled()
    const answers = ['a', 'b', 'bad', 'c'].map((member) => submit(1, member))
    const settled = Promise.allSettled(answers)
    for (const i of [0, 1, 2, 3, 4]) await finish(i)
    expect((await settled).map((result) => result.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
    expect(groups()).toEqual([['a'], ['b', 'bad', 'c'], ['b'], ['bad'], ['c']])
  })

  it('gives all members the trouble of the database, without trying each', async () => {
    const { submit, finish, groups } = controlled()
    const settled = Promise.allSettled(['a', 'b', 'c'].map((member) => submit(1, member)))
    await finish(0)
    await finish(1, busy('down'))
    expect((await settled).map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(groups()).toEqual([['a'], ['b', 'c']])
  })
})

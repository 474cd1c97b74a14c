import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { abuseCases, CASE_COUNT, findCaseTests, findStrayTitles, renderAbuseCases } from '../support/abuseCases.ts'

const file = join(import.meta.dirname, '../../docs/abuse-cases.md')

describe('the list of abuse cases', () => {
  const tests = findCaseTests()
  const numbers = Array.from({ length: CASE_COUNT }, (_, at) => at + 1)

  it('says of every case what is tried and what the other person sees', () => {
    expect(abuseCases).toHaveLength(CASE_COUNT)
  })

  it('has a test for every case', () => {
    const tested = new Set(tests.flatMap(({ cases }) => cases))
    expect(numbers.filter((number) => !tested.has(number))).toEqual([])
    expect([...tested].filter((number) => !numbers.includes(number))).toEqual([])
  })

  it('finds every test that names a case, because all name it in one way', () => {
    expect(findStrayTitles()).toEqual([])
  })

  it('is the one that was committed', () => {
    const generated = renderAbuseCases(tests)
    if (process.env['UPDATE_ABUSE_CASES'] === '1') writeFileSync(file, generated)
    expect(readFileSync(file, 'utf8').replaceAll('\r\n', '\n')).toBe(generated)
  })
})

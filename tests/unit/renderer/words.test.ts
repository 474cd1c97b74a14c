import { describe, expect, it } from 'vitest'
import { count, joinNames } from '../../../renderer/words/names.ts'
import { toDuration, toTimeAgo, toTimeLeft } from '../../../renderer/words/time.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

describe('times in words', () => {
  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [12_400, '12 s'],
    [minute, '1 minute'],
    [59 * minute, '59 minutes'],
    [hour, '1 hour'],
    [47 * hour, '47 hours'],
    [2 * day, '2 days'],
  ])('%i ms lasts %s', (elapsedMs, words) => {
    expect(toDuration(elapsedMs)).toBe(words)
  })

  it('says "just now" below a minute and also for a clock that is ahead', () => {
    expect(toTimeAgo(0, 59 * second)).toBe('just now')
    expect(toTimeAgo(10 * second, 0)).toBe('just now')
  })

  it('changes to the date after four weeks', () => {
    expect(toTimeAgo(0, 28 * day)).toBe('28 days ago')
    expect(toTimeAgo(0, 29 * day)).toMatch(/1970/)
  })

  it('calls what has ended expired, to the millisecond', () => {
    expect(toTimeLeft(1000, 1000)).toBe('expired')
    expect(toTimeLeft(1001, 1000)).toBe('in less than a minute')
    expect(toTimeLeft(3 * day, 0)).toBe('in 3 days')
    expect(toTimeLeft(90 * day - second, 0)).toBe('in 90 days')
    expect(toTimeLeft(5 * hour, 0)).toBe('in 5 hours')
  })
})

describe('names and numbers in words', () => {
  it.each([
    [[], ''],
    [['Mia'], 'Mia'],
    [['Mia', 'Leo'], 'Mia and Leo'],
    [['Mia', 'Leo', 'Tom'], 'Mia, Leo and Tom'],
  ])('joins %j', (names, words) => {
    expect(joinNames(names)).toBe(words)
  })

  it('counts one without an s', () => {
    expect(count(1, 'key')).toBe('1 key')
    expect(count(0, 'key')).toBe('0 keys')
    expect(count(3, 'person', 'people')).toBe('3 people')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Output } from '../../../proxy/contract/outputs.ts'
import { findKeyAction } from '../../../renderer/features/outputs/galleryKeys.ts'
import { findNeighbour, findSections, layOutGallery } from '../../../renderer/features/outputs/galleryLayout.ts'
import {
  appendPage,
  mergeNewest,
  readAllPages,
  withoutOutputs,
  withOutputs,
} from '../../../renderer/features/outputs/outputList.ts'
import { nameApart } from '../../../renderer/features/outputs/downloadOutputs.ts'
import { gallerySearchSchema } from '../../../renderer/features/outputs/gallerySearch.ts'
import { countOutputs, deletionWords } from '../../../renderer/features/outputs/outputWords.ts'
import { idsBetween } from '../../../renderer/features/outputs/useSelection.ts'
import { stepZoom } from '../../../renderer/features/outputs/ZoomablePicture.tsx'
import { toDayName } from '../../../renderer/words/time.ts'
import { fixtureNowMs, owner } from '../../support/pageFixtures.ts'
import { createManyOutputs, createOutputs } from '../../support/pageFixturesOutputs.ts'

const ids = (list: { readonly items: readonly Output[] }): string[] => list.items.map(({ id }) => id)
const many = createManyOutputs(owner, 10_000)
const widths = fc.integer({ min: 280, max: 1600 })

describe('the place of a picture', () => {
  it('is inside the width, beside the others and below them, for every width', () => {
    const outputs = many.slice(0, 200)
    fc.assert(
      fc.property(widths, (width) => {
        const { tiles, rows, height } = layOutGallery(outputs, width, fixtureNowMs)

        expect(tiles.map(({ output }) => output)).toEqual(outputs)
        for (const row of rows) {
          const line = tiles.slice(row.first, row.end)
          line.forEach((tile, place) => {
            const before = line[place - 1]
            expect(tile.left).toBeGreaterThanOrEqual(before === undefined ? 0 : before.left + before.width)
            expect(tile.left + tile.width).toBeLessThanOrEqual(width)
          })
          expect(row.top + row.height).toBeLessThanOrEqual(height)
        }
        rows.slice(1).forEach((row, place) => {
          const before = rows[place]
          expect(row.top).toBeGreaterThanOrEqual((before?.top ?? 0) + (before?.height ?? 0))
        })
      }),
      { numRuns: 50 },
    )
  })

  it('stays where it is when older ones are read (layout shift)', () => {
    const short = layOutGallery(many.slice(0, 100), 900, fixtureNowMs)
    const long = layOutGallery(many.slice(0, 300), 900, fixtureNowMs)

    const isLastDay = (top: number) => top >= (short.rows.at(-1)?.day.top ?? 0)
    const settled = short.tiles.filter(({ top }) => !isLastDay(top))
    expect(settled.length).toBeGreaterThan(90)
    expect(long.tiles.slice(0, settled.length)).toEqual(settled)
  })

  it('is left out of the document unless it is in sight or has the focus', () => {
    const layout = layOutGallery(many, 900, fixtureNowMs)
    const inSight = { from: 40_000, to: 42_000 }

    const drawn = findSections(layout, inSight, 0).flatMap(({ tiles }) => tiles)

    expect(drawn.length).toBeLessThan(80)
    expect(drawn[0]?.index).toBe(0)
    expect(drawn.slice(3).every(({ top, height }) => top + height >= 40_000 && top <= 42_000)).toBe(true)
  })
})

describe('arrow keys', () => {
  const layout = layOutGallery(many.slice(0, 60), 900, fixtureNowMs)

  it('lead to a picture above or below that overlaps, and back', () => {
    for (let index = 3; index < 50; index += 1) {
      const below = findNeighbour(layout, index, 'down')
      expect(layout.tiles[below]?.top).toBeGreaterThan(layout.tiles[index]?.top ?? 0)
      expect(layout.tiles[findNeighbour(layout, below, 'up')]?.top).toBe(layout.tiles[index]?.top)
    }
  })

  it('stop at both ends', () => {
    expect(findNeighbour(layout, 0, 'left')).toBe(0)
    expect(findNeighbour(layout, 0, 'up')).toBe(0)
    expect(findNeighbour(layout, 59, 'right')).toBe(59)
    expect(findNeighbour(layout, 59, 'down')).toBe(59)
    expect(findNeighbour(layout, 30, 'first')).toBe(0)
    expect(findNeighbour(layout, 30, 'last')).toBe(59)
  })

  const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false }
  it.each([
    [
      { ...plain, key: 'Delete' },
      { kind: 'act', act: 'remove' },
    ],
    [
      { ...plain, key: 'K' },
      { kind: 'act', act: 'keep' },
    ],
    [{ ...plain, key: 'd', ctrlKey: true }, undefined],
    [
      { ...plain, key: 'a', metaKey: true },
      { kind: 'act', act: 'chooseAll' },
    ],
    [
      { ...plain, key: 'ArrowUp', shiftKey: true },
      { kind: 'extend', direction: 'up' },
    ],
    [{ ...plain, key: 'ArrowLeft', altKey: true }, undefined],
    [{ ...plain, key: 'Enter' }, undefined],
  ])('%j', (key, action) => {
    expect(findKeyAction(key)).toEqual(action)
  })
})

describe('a list whose newest page was read again', () => {
  const old = { items: many.slice(5, 405), nextCursor: 'c405' }

  it('gets what is new in front and keeps what was read behind it', () => {
    const merged = mergeNewest(old, { items: many.slice(0, 200), nextCursor: 'c200' })

    expect(ids(merged)).toEqual(ids({ items: many.slice(0, 405) }))
    expect(merged.nextCursor).toBe('c405')
  })

  it('loses what is gone from that page', () => {
    const page = { items: many.slice(5, 206).filter((_output, place) => place !== 7), nextCursor: 'c206' }

    const merged = mergeNewest(old, page)

    expect(ids(merged)).not.toContain(many[12]?.id)
    expect(merged.items).toHaveLength(399)
  })

  it('begins anew when nothing of it is known, so that no gap is left', () => {
    const page = { items: many.slice(0, 4), nextCursor: 'c4' }

    expect(mergeNewest(old, page)).toEqual({ items: many.slice(0, 4), nextCursor: 'c4' })
  })

  it('ends where that page ends when there is no further one', () => {
    expect(mergeNewest(old, { items: many.slice(5, 8), nextCursor: null }).items).toHaveLength(3)
  })
})

describe('a list that is read on', () => {
  it('takes a page once, and none that was asked for at another place', () => {
    const list = { items: many.slice(0, 10), nextCursor: 'c10' }
    const page = { items: many.slice(8, 20), nextCursor: 'c20' }

    const longer = appendPage(list, 'c10', page)

    expect(ids(longer)).toEqual(ids({ items: many.slice(0, 20) }))
    expect(appendPage(longer, 'c10', page)).toBe(longer)
  })

  it('is read to its end when all of it is meant, each file once', async () => {
    const pages = new Map([
      [undefined, { items: many.slice(0, 200), nextCursor: 'c200' }],
      ['c200', { items: many.slice(199, 400), nextCursor: 'c400' }],
      ['c400', { items: many.slice(400, 412), nextCursor: null }],
    ])
    const all = await readAllPages((cursor) => Promise.resolve(pages.get(cursor) ?? { items: [] }))

    expect(all).toEqual(many.slice(0, 412))
    expect(deletionWords(all.length)).toBe('Delete 412 files for good')
    expect(deletionWords(1)).toBe('Delete 1 file for good')
  })

  it('has removed ones back at their places, but not those beyond what was read', () => {
    const list = { items: many.slice(0, 10), nextCursor: 'c10' }
    const gone = new Set([many[3]?.id ?? '', many[4]?.id ?? ''])

    const back = withOutputs(withoutOutputs(list, gone), [...many.slice(3, 5), ...many.slice(50, 51)])

    expect(ids(back)).toEqual(ids(list))
  })
})

describe('names and words of pictures', () => {
  it('are apart in one packed file, in any case', () => {
    const [one, other] = createOutputs([owner])
    if (one === undefined || other === undefined) throw new TypeError('two pictures')
    const named = ['a.png', 'A.png', 'a.png', 'noEnding'].map((name) => ({ ...one, name }))

    expect(nameApart(named).map(({ name }) => name)).toEqual(['a.png', 'A (2).png', 'a (3).png', 'noEnding'])
  })

  it.each([
    [['image'], '1 picture'],
    [['image', 'image'], '2 pictures'],
    [['video', 'image'], '2 files'],
  ] as const)('%j are %s', (kinds, words) => {
    const [one] = createOutputs([owner])
    if (one === undefined) throw new TypeError('a picture')
    expect(countOutputs(kinds.map((kind) => ({ ...one, kind })))).toBe(words)
  })

  it('name the day by the clock of who reads', () => {
    const noon = new Date(2026, 10, 23, 12).getTime()
    expect(toDayName(new Date(2026, 10, 23, 0, 1).getTime(), noon)).toBe('Today')
    expect(toDayName(new Date(2026, 10, 22, 23, 59).getTime(), noon)).toBe('Yesterday')
    expect(toDayName(new Date(2026, 10, 21, 23, 59).getTime(), noon)).toMatch(/21/)
    expect(toDayName(new Date(2025, 10, 21).getTime(), noon)).toMatch(/2025/)
  })
})

describe('an address of the gallery', () => {
  it('leaves out what is none of its words', () => {
    const search = gallerySearchSchema.parse({ picture: '../../x', kind: 'exe', kept: true, find: 7, user: '"' })

    expect(JSON.parse(JSON.stringify(search))).toEqual({ kept: true })
  })
})

describe('choosing from one picture to another', () => {
  it('takes all between them, whichever was first', () => {
    expect(idsBetween(many, 3, 5)).toEqual(ids({ items: many.slice(3, 6) }))
    expect(idsBetween(many, 5, 3)).toEqual(ids({ items: many.slice(3, 6) }))
  })
})

describe('zooming', () => {
  it('goes by steps and fits again below the fitting size', () => {
    expect(stepZoom(0.4, 0.4, 1)).toBe(0.5)
    expect(stepZoom(1, 0.4, 1)).toBe(2)
    expect(stepZoom(8, 0.4, 1)).toBe(8)
    expect(stepZoom(1, 0.4, -1)).toBe(0.5)
    expect(stepZoom(0.5, 0.4, -1)).toBe('fit')
  })
})

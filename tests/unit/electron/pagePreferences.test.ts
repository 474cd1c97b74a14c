import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pagePreferences } from '../../../electron/shell/pagePreferences.ts'

const shell = resolve(import.meta.dirname, '../../../electron/shell')

describe('what pages run with', () => {
  const partition: any = {}

  it('keeps Node and the preload from a page whose JavaScript is not ours', () => {
    const preferences = pagePreferences(partition)
    expect(preferences).toMatchObject({
      session: partition,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    })
    expect(preferences).not.toHaveProperty('preload')
  })

  it('gives the preload to the window that asks for it', () => {
    expect(pagePreferences(partition, '/dist/preload.cjs')).toMatchObject({
      preload: '/dist/preload.cjs',
      sandbox: true,
    })
  })

  it('is the only place where a window of the app gets its preferences', () => {
    const sources = readdirSync(shell).map((name) => readFileSync(join(shell, name), 'utf8'))
    const preferences = sources.flatMap((source) => source.match(/webPreferences:.*/g) ?? [])
    expect(preferences).toHaveLength(3)
    for (const line of preferences) expect(line).toMatch(/^webPreferences: pagePreferences\(/)
  })
})

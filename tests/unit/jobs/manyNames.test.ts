import { describe, expect, it } from 'vitest'
import { boundEntry } from '../../../proxy/comfyui/historyViews.ts'
import { findNamedFiles } from '../../../proxy/outputs/namedFiles.ts'

describe('a history entry that is too long', () => {
  it('keeps as many names of files as fit (all of them dropped, so that none is recorded)', () => {
    const subfolder = Array.from({ length: 15 }, () => 'a'.repeat(250)).join('/')
    const images = Array.from({ length: 1_100 }, (_, at) => ({ filename: `x_${at}_.png`, subfolder, type: 'output' }))
    const entry = { prompt: [0, 'x', {}, {}, []], outputs: { 9: { images }, 8: { images } }, status: {}, meta: {} }
    const maxBytes = 4 * 1024 ** 2
    const bounded = boundEntry(JSON.stringify(entry), maxBytes)
    expect(Buffer.byteLength(bounded)).toBeLessThanOrEqual(maxBytes)
    expect(findNamedFiles(bounded).length).toBeGreaterThan(1_000)
  })
})

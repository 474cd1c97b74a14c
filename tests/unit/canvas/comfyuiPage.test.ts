import { describe, expect, it, vi } from 'vitest'
import { readCanvas, showWorkflow } from '../../../renderer/canvas/comfyuiPage.ts'

const prompt = { '3': { class_type: 'KSampler', inputs: {} } }
const canvas = { nodes: [], links: [] }

describe('what is open in ComfyUI’s page', () => {
  it('is read as the page would send it, with its own file and its name', async () => {
    const application = {
      graphToPrompt: () => Promise.resolve({ output: prompt, workflow: canvas }),
      extensionManager: { workflow: { activeWorkflow: { filename: 'wading birds' } } },
    }

    expect(await readCanvas(application)).toEqual({ name: 'wading birds', prompt, canvas })
  })

  it.each([
    ['nothing known', undefined],
    ['no such function', {}],
    ['another answer', { graphToPrompt: () => Promise.resolve('text') }],
  ])('is not read from a page with %s', async (_what, application) => {
    expect(await readCanvas(application)).toBeUndefined()
  })

  it('is opened from ComfyUI’s own file, or from the nodes where there is none', async () => {
    const application = { loadGraphData: vi.fn(), loadApiJson: vi.fn() }

    expect(await showWorkflow(application, { name: 'birds', prompt, canvas })).toBe(true)
    expect(await showWorkflow(application, { name: 'birds', prompt, canvas: null })).toBe(true)

    expect(application.loadGraphData).toHaveBeenCalledExactlyOnceWith(canvas, true, true, 'birds')
    expect(application.loadApiJson).toHaveBeenCalledExactlyOnceWith(prompt, 'birds')
    expect(await showWorkflow({}, { name: 'birds', prompt, canvas })).toBe(false)
  })
})

import { workflowCanvasSchema } from './answers.ts'
import { findApplication, hasUnsavedWork, readCanvas, showWorkflow } from './comfyuiPage.ts'
import { readGate, saveDraft } from './gateReader.ts'
import type { PageActions } from './panel.ts'

/** ComfyUI's page behind the panel's buttons. Custom nodes change that page, so whatever it throws is a sentence here. */
export const pageActions: PageActions = {
  hasUnsavedWork: () => hasUnsavedWork(findApplication()),
  open: async ({ id, name }) => {
    const reading = await readGate(`workflows/${encodeURIComponent(id)}/canvas`, workflowCanvasSchema)
    if (reading.kind !== 'answer') return 'This workflow cannot be opened now. Try again in a moment.'
    try {
      const isShown = await showWorkflow(findApplication(), { name, ...reading.value })
      return isShown ? undefined : NOT_THIS_PAGE
    } catch {
      return 'ComfyUI’s page could not open this workflow.'
    }
  },
  publish: async () => {
    try {
      const open = await readCanvas(findApplication())
      if (open === undefined) return NOT_THIS_PAGE
      if (Object.keys(open.prompt).length === 0) return 'There is nothing on the canvas that runs.'
      return await saveDraft({ ...open, name: open.name.slice(0, nameLength) })
    } catch {
      return 'ComfyUI’s page could not make a workflow of the canvas. Run it once: ComfyUI then says what is missing.'
    }
  },
}

const nameLength = 80
const NOT_THIS_PAGE = 'This version of ComfyUI’s page cannot do that.'

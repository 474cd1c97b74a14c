import { stringifyJson } from '../values/json.ts'
import { FIRST_WORKFLOW } from './templates.ts'

/** Where the engine's own frontend extension is served. */
export const EXTENSION_PATH = '/extensions/practice/practice.js'

/**
 * Runs in ComfyUI's page. Its built-in default workflow needs a model that this engine does not have, and a new user is
 * met by a template dialog: both give way to a workflow that runs here.
 */
export const EXTENSION_SCRIPT = `import { app } from '../../scripts/app.js'

const firstWorkflow = ${stringifyJson(FIRST_WORKFLOW)}

app.registerExtension({
  name: 'Gatehouse.Practice',
  async setup() {
    const loadGraphData = app.loadGraphData.bind(app)
    app.loadGraphData = (graph, ...others) => loadGraphData(graph ?? structuredClone(firstWorkflow), ...others)
    const settings = app.extensionManager?.setting
    if (settings && !settings.get('Comfy.TutorialCompleted')) await settings.set('Comfy.TutorialCompleted', true)
  },
})
`

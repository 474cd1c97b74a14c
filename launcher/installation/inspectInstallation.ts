import { z } from 'zod'
import type { Installation } from './installation.ts'
import type { InstallationDeps } from './installationDeps.ts'
import { findLayout, pathFlavour } from './layouts.ts'
import type { Layout } from './layouts.ts'

export type Inspection = { ok: true; installation: Installation } | { ok: false; problems: string[] }

const neededFiles = ['main.py', 'server.py', 'execution.py', 'folder_paths.py'] as const
const neededModules = ['torch', 'aiohttp', 'yaml'] as const
// The first import of torch after a start of the computer reads a gigabyte.
const pythonTimeoutMs = 120_000
const answerMark = 'gatehouse-python:'

const pythonAnswerSchema = z.object({
  version: z.tuple([z.number(), z.number()]),
  missing: z.record(z.string(), z.string()),
})

const pythonScript = [
  'import importlib, json, sys',
  'missing = {}',
  `for name in ${JSON.stringify(neededModules)}:`,
  '    try: importlib.import_module(name)',
  '    except BaseException as error: missing[name] = type(error).__name__ + ": " + str(error)[:200]',
  `print(${JSON.stringify(answerMark)} + json.dumps({"version": list(sys.version_info[:2]), "missing": missing}))`,
].join('\n')

export interface InspectionChoice {
  python?: string
  /** `files` trusts the first Python that is there and runs nothing; for an installation that was inspected before. */
  depth?: 'python' | 'files'
}

/**
 * Whether ComfyUI can be started from this folder, or one sentence for each thing that is missing. Runs the
 * installation's Python once (importing torch takes seconds); nothing of ComfyUI itself.
 */
export async function inspectInstallation(
  directory: string,
  deps: InstallationDeps,
  choice: InspectionChoice = {},
): Promise<Inspection> {
  const layout = findLayout(directory, deps)
  if (layout === undefined) return { ok: false, problems: [describeNothing(directory, deps)] }
  const paths = pathFlavour(deps.platform)
  const version = readVersion(layout, deps)
  const problems = neededFiles
    .filter((name) => !deps.isFile(paths.join(layout.codeDirectory, name)))
    .map((name) => `${name} is missing in ${layout.codeDirectory}. Update or reinstall ComfyUI.`)
  if (version === undefined) {
    problems.push('This ComfyUI does not say its version, so it is too old. Update it to 0.3.40 or newer.')
  }
  const python = await findPython(layout, deps, choice)
  if (!python.ok) problems.push(...python.problems)
  if (!python.ok || version === undefined || problems.length > 0) return { ok: false, problems }
  return {
    ok: true,
    installation: {
      kind: layout.kind,
      directory: layout.directory,
      mainFile: paths.join(layout.codeDirectory, 'main.py'),
      version,
      python: python.file,
      pythonArguments: layout.pythonArguments,
      ownArguments: layout.ownArguments,
      workingDirectory: layout.codeDirectory,
    },
  }
}

function describeNothing(directory: string, deps: InstallationDeps): string {
  if (!deps.isDirectory(directory)) return `There is no folder ${directory}.`
  return `There is no ComfyUI in ${directory}. Choose the folder that contains main.py.`
}

/** Reads comfyui_version.py without running it. */
export function parseVersion(text: string): string | undefined {
  return /^__version__\s*=\s*["']([0-9][0-9A-Za-z.+-]{0,30})["']/m.exec(text)?.[1]
}

function readVersion(layout: Layout, deps: InstallationDeps): string | undefined {
  const text = deps.readText(pathFlavour(deps.platform).join(layout.codeDirectory, 'comfyui_version.py'))
  return text === undefined ? undefined : parseVersion(text)
}

type PythonFinding = { ok: true; file: string } | { ok: false; problems: string[] }

async function findPython(layout: Layout, deps: InstallationDeps, choice: InspectionChoice): Promise<PythonFinding> {
  const chosen = choice.python
  const existing = (chosen === undefined ? layout.pythons : [chosen]).filter((file) => deps.isFile(file))
  if (existing.length === 0) {
    if (chosen !== undefined) return { ok: false, problems: [`There is no Python at ${chosen}.`] }
    const where = `No Python environment belongs to this ComfyUI (a folder venv or .venv in ${layout.codeDirectory}).`
    return { ok: false, problems: [`${where} Create one, or choose its Python yourself.`] }
  }
  const [first] = existing
  if (choice.depth === 'files' && first !== undefined) return { ok: true, file: first }
  const problems: string[] = []
  for (const file of existing) {
    const found = await askPython(file, layout, deps)
    if (found.length === 0) return { ok: true, file }
    problems.push(...found)
  }
  return { ok: false, problems }
}

async function askPython(file: string, layout: Layout, deps: InstallationDeps): Promise<string[]> {
  const options = { workingDirectory: layout.codeDirectory, timeoutMs: pythonTimeoutMs }
  let output: string
  try {
    output = await deps.run(file, [...layout.pythonArguments, '-c', pythonScript], options)
  } catch {
    return [`The Python at ${file} does not run, or takes longer than ${pythonTimeoutMs / 1_000} seconds.`]
  }
  return describePython(output, file)
}

/** The problems that the answer of our small script tells; none when all is well. */
export function describePython(output: string, file: string): string[] {
  const line = output.split(/\r?\n/).find((text) => text.startsWith(answerMark))
  const parsed = pythonAnswerSchema.safeParse(parseJson(line?.slice(answerMark.length)))
  if (!parsed.success) return [`The Python at ${file} gives an answer that makes no sense.`]
  const { version, missing } = parsed.data
  const [major, minor] = version
  if (major < 3 || (major === 3 && minor < 9)) {
    return [`The Python at ${file} is version ${major}.${minor}. ComfyUI needs 3.9 or newer.`]
  }
  return Object.entries(missing).map(([name, error]) =>
    error.startsWith('ModuleNotFoundError')
      ? `The Python package ${name} is missing in ${file}. Install ComfyUI's requirements.txt into it.`
      : `The Python package ${name} in ${file} does not load (${error}).`,
  )
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    // The schema says what is wrong with it.
    return undefined
  }
}

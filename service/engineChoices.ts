import { basename, join } from 'node:path'
import { placesOfComfyui } from '../launcher/comfyuiFolders.ts'
import type { ComfyuiPlaces } from '../launcher/comfyuiFolders.ts'
import { inspectInstallation } from '../launcher/installation/inspectInstallation.ts'
import type { Installation } from '../launcher/installation/installation.ts'
import type { InstallationDeps } from '../launcher/installation/installationDeps.ts'
import { findLayout } from '../launcher/installation/layouts.ts'
import { findInstallations } from '../launcher/installation/findInstallations.ts'
import type { LaunchPlan, NodeCommand } from '../launcher/launchCommand.ts'
import { findFrontend } from '../launcher/practice/frontendPackage.ts'
import { assertNever } from '../proxy/core/assertNever.ts'
import type { EngineChoice } from '../proxy/contract/comfyui.ts'
import { GateError } from '../proxy/contract/errorCodes.ts'
import type { ComfyuiOwnFolders } from '../proxy/isolation/folderOverlap.ts'
import type { Settings } from '../proxy/contract/settings.ts'

/** An installation as shown to the owner; `problems` are sentences, none: it can run. */
export interface Candidate {
  readonly directory: string
  readonly kind: string
  readonly version: string | null
  readonly python: string | null
  readonly problems: string[]
}

/** The engine of one `gatehouse serve`, before what the settings say. */
export interface EngineOverride {
  readonly engine?:
    { readonly kind: 'practice' } | { readonly kind: 'comfyui'; readonly directory: string; readonly python?: string }
  readonly port?: number
  /** Come after the owner's own arguments of the settings. */
  readonly extraArguments?: readonly string[]
}

interface Chosen {
  readonly directory: string
  readonly python?: string | undefined
  readonly depth: 'python' | 'files'
}

type ChoiceSettings = Pick<
  Settings,
  'comfyui.engine' | 'comfyui.directory' | 'comfyui.python' | 'comfyui.arguments' | 'comfyui.port'
>

export interface EngineChoicesOptions {
  readonly dataDirectory: string
  readonly nodeCommand: NodeCommand
  readonly practiceEngine: string
  readonly companionDirectory: string
  readonly settings: {
    get<Name extends keyof ChoiceSettings>(name: Name): ChoiceSettings[Name]
    setMany(values: Partial<ChoiceSettings>): Promise<void>
  }
  readonly installationDeps: InstallationDeps
  /** Folders that hold the files of people, whoever they are. Default: the data folder. */
  readonly privateDirectories?: () => Promise<readonly string[]>
  readonly override: EngineOverride
}

/** Which engine runs: what the owner chose, whether it can run, and the launch plan that follows. */
export class EngineChoices {
  readonly #options: EngineChoicesOptions
  #version: string | null = null

  constructor(options: EngineChoicesOptions) {
    this.#options = options
  }

  describe(): EngineChoice {
    const chosen = this.#chosen()
    return chosen.kind === 'comfyui'
      ? { kind: 'comfyui', directory: chosen.directory, version: this.#version }
      : { kind: chosen.kind }
  }

  /** What the next start runs, inspected anew. @throws GateError ENGINE_REFUSED in words: nothing chosen, something missing */
  async plan(): Promise<LaunchPlan> {
    const { settings, override, nodeCommand, practiceEngine, companionDirectory, dataDirectory } = this.#options
    const chosen = this.#chosen()
    const port = override.port ?? settings.get('comfyui.port')
    const ofPort = port === 0 ? {} : { port }
    switch (chosen.kind) {
      case 'none':
        throw new GateError('ENGINE_REFUSED', 'Choose a ComfyUI first, or the practice engine.')
      case 'practice': {
        const frontendDirectory = await findFrontend(this.practicePageDirectory)
        return {
          kind: 'practice',
          nodeCommand,
          entry: practiceEngine,
          baseDirectory: practiceDirectory(dataDirectory),
          ...(frontendDirectory === undefined ? {} : { frontendDirectory }),
          ...ofPort,
        }
      }
      case 'comfyui':
        return {
          kind: 'comfyui',
          installation: await this.#inspected(chosen),
          extraArguments: [...settings.get('comfyui.arguments'), ...(override.extraArguments ?? [])],
          companionDirectory,
          generatedDirectory: join(dataDirectory, 'generated'),
          privateDirectories: (await this.#options.privateDirectories?.()) ?? [dataDirectory],
          ...ofPort,
        }
      default:
        return assertNever(chosen)
    }
  }

  /** Saves the owner's choice. @throws GateError ENGINE_REFUSED in words when that folder cannot run */
  async choose(
    choice: { kind: 'practice' } | { kind: 'comfyui'; directory: string; python?: string | undefined },
  ): Promise<void> {
    if (choice.kind === 'practice') {
      await this.#options.settings.setMany({ 'comfyui.engine': 'practice' })
      return
    }
    const { python } = await this.#inspected({ ...choice, depth: 'python' })
    await this.#options.settings.setMany({
      'comfyui.engine': 'comfyui',
      'comfyui.directory': choice.directory,
      'comfyui.python': python,
    })
  }

  /** Where the chosen engine keeps files, as the settings say now: those of its next start. */
  folders(): ComfyuiOwnFolders {
    const chosen = this.#chosen()
    const { settings, override, dataDirectory, installationDeps } = this.#options
    if (chosen.kind !== 'comfyui') {
      if (chosen.kind === 'none') return { output: undefined, own: [], program: undefined }
      return toFolders(placesOfComfyui(practiceDirectory(dataDirectory), []), undefined)
    }
    const layout = findLayout(chosen.directory, installationDeps)
    const args = [
      ...(layout?.ownArguments ?? []),
      ...settings.get('comfyui.arguments'),
      ...(override.extraArguments ?? []),
    ]
    const codeDirectory = layout?.codeDirectory ?? chosen.directory
    return toFolders(placesOfComfyui(codeDirectory, args), codeDirectory)
  }

  async find(): Promise<readonly Candidate[]> {
    const found = findInstallations(this.#options.installationDeps)
    return Promise.all(found.map(({ directory }) => this.inspect(directory)))
  }

  async inspect(directory: string, python?: string): Promise<Candidate> {
    const result = await inspectInstallation(
      directory,
      this.#options.installationDeps,
      python === undefined || python === '' ? {} : { python },
    )
    if (!result.ok)
      return { directory, kind: basename(directory), version: null, python: null, problems: [...result.problems] }
    const { installation } = result
    return {
      directory,
      kind: installation.kind,
      version: installation.version,
      python: installation.python,
      problems: [],
    }
  }

  /** Where ComfyUI's own page is kept for the practice engine. */
  get practicePageDirectory(): string {
    return join(this.#options.dataDirectory, 'practice-page')
  }

  async #inspected({ directory, python, depth }: Chosen): Promise<Installation> {
    const ofPython = python === undefined || python === '' ? {} : { python }
    const result = await inspectInstallation(directory, this.#options.installationDeps, { ...ofPython, depth })
    if (!result.ok) throw new GateError('ENGINE_REFUSED', result.problems.join(' '))
    this.#version = result.installation.version
    return result.installation
  }

  #chosen(): { kind: 'none' | 'practice' } | (Chosen & { kind: 'comfyui' }) {
    const { settings, override } = this.#options
    if (override.engine?.kind === 'practice') return { kind: 'practice' }
    if (override.engine?.kind === 'comfyui') {
      return { kind: 'comfyui', directory: override.engine.directory, python: override.engine.python, depth: 'python' }
    }
    const kind = settings.get('comfyui.engine')
    if (kind !== 'comfyui') return { kind }
    // It was inspected when it was chosen; importing torch again would cost seconds at each start.
    return {
      kind,
      directory: settings.get('comfyui.directory'),
      python: settings.get('comfyui.python'),
      depth: 'files',
    }
  }
}

const practiceDirectory = (dataDirectory: string): string => join(dataDirectory, 'practice')

const toFolders = (places: ComfyuiPlaces, program: string | undefined): ComfyuiOwnFolders => ({
  output: places.output,
  input: places.input,
  own: Object.values(places),
  program,
})

import path from 'node:path'
import { assertNever } from '../proxy/core/assertNever.ts'
import { inheritableEnvironment } from './childEnvironment.ts'
import { checkOwnerArguments, companionAllowance } from './comfyuiArguments.ts'
import { companionPackName, companionYaml } from './companionConfig.ts'
import type { Installation } from './installation/installation.ts'
import { LaunchRefused } from './launchRefused.ts'

/** How to run a script with Node: the app's own Electron when packaged, node otherwise. */
export interface NodeCommand {
  file: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
}

export type LaunchPlan =
  | {
      kind: 'practice'
      nodeCommand: NodeCommand
      /** practiceEngine.cjs */
      entry: string
      baseDirectory: string
      frontendDirectory?: string
      port?: number
    }
  | {
      kind: 'comfyui'
      installation: Installation
      /** The owner's own; ours come after them. */
      extraArguments: readonly string[]
      /** The folder that contains the pack folder `gatehouse_companion`. */
      companionDirectory: string
      /** Where the YAML file is written at each start. */
      generatedDirectory: string
      /** What code of a person's job may not touch, but for that person's own folders below. */
      privateDirectories?: readonly string[]
      port?: number
    }

/** What one start has of its own. */
export interface StartFacts {
  port: number
  /** 64 lower-case hex digits. */
  secret: string
  /** 32 lower-case hex digits, no secret: marks the processes of this start. */
  startId: string
  parentPid: number
  platform: NodeJS.Platform
  environment: Readonly<Record<string, string | undefined>>
}

export interface LaunchCommand {
  file: string
  args: readonly string[]
  env: Readonly<Record<string, string>>
  workingDirectory: string
  /** Kept open by us and closed by our death: the practice engine ends with it. */
  hasStdin: boolean
  /** Written before the start. */
  generatedFile?: { path: string; text: string }
  /** Parts that the command line of this very process contains; for the pid file. */
  commandParts: readonly string[]
}

export const startMarkName = 'GATEHOUSE_ENGINE_START'

/**
 * The command of one start. Pure; whatever the owner's arguments say, ComfyUI listens on 127.0.0.1 and our port.
 * @throws LaunchRefused in words
 */
export function createLaunchCommand(plan: LaunchPlan, facts: StartFacts): LaunchCommand {
  checkPort(facts.port)
  switch (plan.kind) {
    case 'practice':
      return practiceCommand(plan, facts)
    case 'comfyui':
      return comfyuiCommand(plan, facts)
    default:
      return assertNever(plan)
  }
}

/** Checks all of a plan that does not depend on the start. @throws LaunchRefused in words */
export function checkLaunchPlan(plan: LaunchPlan, platform: NodeJS.Platform): void {
  const facts = { port: plan.port ?? 1, secret: '', startId: '', parentPid: 0, platform, environment: {} }
  createLaunchCommand(plan, facts)
}

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return
  throw new LaunchRefused('PORT_REFUSED', `${port} is no port. Choose a number between 1024 and 65535.`)
}

function practiceCommand(plan: Extract<LaunchPlan, { kind: 'practice' }>, facts: StartFacts): LaunchCommand {
  const { nodeCommand, entry, baseDirectory, frontendDirectory } = plan
  const frontend = frontendDirectory === undefined ? [] : ['--frontend', frontendDirectory]
  const own = ['--port', String(facts.port), '--base-directory', baseDirectory, ...frontend, '--exit-with-parent']
  return {
    file: nodeCommand.file,
    args: [...nodeCommand.args, entry, ...own],
    env: { ...baseEnvironment(facts), ...nodeCommand.env },
    workingDirectory: baseDirectory,
    hasStdin: true,
    commandParts: [entry, `--port ${facts.port}`],
  }
}

function comfyuiCommand(plan: Extract<LaunchPlan, { kind: 'comfyui' }>, facts: StartFacts): LaunchCommand {
  const { installation, extraArguments, companionDirectory, generatedDirectory, privateDirectories = [] } = plan
  checkOwnerArguments(extraArguments)
  const paths = facts.platform === 'win32' ? path.win32 : path.posix
  const yamlPath = paths.join(generatedDirectory, 'companion.yaml')
  // argparse: the last one wins, --extra-model-paths-config appends (comfy/cli_args.py, 0.3.64).
  const ours = [
    ...companionAllowance(extraArguments, companionPackName),
    '--extra-model-paths-config',
    yamlPath,
    '--disable-auto-launch',
    '--listen',
    '127.0.0.1',
    '--port',
    String(facts.port),
  ]
  const main = [...installation.pythonArguments, installation.mainFile]
  return {
    file: installation.python,
    // Ahead of the owner's, who may choose another way: without it ComfyUI shows nobody an unfinished picture.
    args: [...main, '--preview-method', 'auto', ...installation.ownArguments, ...extraArguments, ...ours],
    env: {
      ...baseEnvironment(facts),
      GATEHOUSE_COMPANION: '1',
      GATEHOUSE_PARENT_PID: String(facts.parentPid),
      GATEHOUSE_PRIVATE_FOLDERS: JSON.stringify(privateDirectories),
      // The companion may lie in a signed app or a read-only image.
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
      PYTHONIOENCODING: 'utf-8',
    },
    workingDirectory: installation.workingDirectory,
    hasStdin: false,
    generatedFile: { path: yamlPath, text: companionYaml(companionDirectory) },
    commandParts: [installation.mainFile, yamlPath],
  }
}

function baseEnvironment({ environment, platform, secret, startId }: StartFacts): Record<string, string> {
  return {
    ...inheritableEnvironment(environment, platform),
    GATEHOUSE_SECRET: secret,
    [startMarkName]: startId,
  }
}

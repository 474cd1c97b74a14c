import type { NodeCommand } from '../launcher/launchCommand.ts'
import type { RestartRules } from '../launcher/restartPolicy.ts'
import type { Engine } from '../proxy/comfyui/engine.ts'
import type { RoleId } from '../proxy/contract/accounts.ts'
import type { SettingName, Settings } from '../proxy/contract/settings.ts'
import type { Connection, Sharing } from '../proxy/contract/sharing.ts'
import type { Clock } from '../proxy/core/clock.ts'
import type { Logger } from '../proxy/core/logger.ts'
import type { Random } from '../proxy/core/random.ts'
import type { MoveResult } from '../proxy/folders/folderMover.ts'
import type { SecretsChoice, SecretStoreKind } from '../proxy/secrets/secretStore.ts'
import type { Candidate, EngineOverride } from './engineChoices.ts'

/** Files that the program brings along. */
export interface ServicePaths {
  readonly pagesDirectory: string
  readonly practiceEngine: string
  readonly companionDirectory: string
  readonly keychainWorker: string
  readonly pictureWorker: string
  readonly hashWorker: string
  /** Left out: the protection cannot be checked from within. */
  readonly protectionCheck?: string
}

/** What one `gatehouse serve` decides for this run only; nothing of it is saved. */
export interface HeadlessRun extends EngineOverride {
  /** Addresses to share on; empty: this computer alone. `0.0.0.0` and `::` mean every address of the home network. */
  readonly shareOn: readonly string[]
  /** A given port must be free; without one, the next free port of 8190 to 8199 is taken. */
  readonly publicPort?: number
  /** Instead of the setting `https.mode`. */
  readonly tls?: 'auto' | 'off'
}

export interface ServiceOptions {
  readonly dataDirectory: string
  /** Where people's output folders are made; left out: `outputs` below the data folder. */
  readonly outputsRoot?: string
  readonly mode: 'desktop' | 'headless'
  readonly platform: NodeJS.Platform
  readonly nodeCommand: NodeCommand
  readonly paths: ServicePaths
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The owner's account gets this name when it is first made (desktop only). */
  readonly ownerName: string
  readonly headless?: HeadlessRun
  readonly restartRules?: RestartRules
  /** Where secrets are kept; left out: as the environment says. */
  readonly secrets?: SecretsChoice
}

/** A page of the gate and the cookie that opens it; the cookie goes into a partition that is not kept. */
export interface OpenedPage {
  readonly url: string
  readonly cookie: { readonly name: string; readonly value: string }
}

export interface DownloadProgress {
  readonly doneBytes: number
  readonly totalBytes: number
}

/** Gate and launcher together, for a program that wraps them: the desktop app or `gatehouse serve`. */
export interface GatehouseService {
  /** Opens the listeners, ends an orphan of an earlier run, then starts the engine if one is chosen. */
  start(): Promise<void>
  /** Drains, closes sockets, stops the engine's process tree, closes the database. May be called more than once. */
  stop(): Promise<void>
  openOwnerSession(): Promise<OpenedPage>
  openCanvasSession(): Promise<OpenedPage>
  readonly engine: Engine
  readonly settings: {
    get<Name extends SettingName>(name: Name): Settings[Name]
    set<Name extends SettingName>(name: Name, value: Settings[Name]): Promise<void>
    onChange(listener: () => void): () => void
  }
  readonly sharing: {
    describe(): Sharing
    set(on: boolean): Promise<void>
    /** The owner's answer to "share here too?" @throws GateError NOT_FOUND when this is another network by now */
    answerNetwork(network: string, share: boolean): Promise<void>
    onChange(listener: () => void): () => void
  }
  /** The door: whether people may knock, and who does. */
  readonly knocks: {
    /** Until when people may knock; undefined: they may not. */
    openUntilMs(): number | undefined
    setOpen(isOpen: boolean): void
    /** Ids of those who wait. */
    waiting(): readonly string[]
    onChange(listener: () => void): () => void
  }
  readonly work: {
    /** Whether a job is at ComfyUI. */
    isUnderWay(): boolean
    onChange(listener: () => void): () => void
  }
  /** `environment`: derived from a file that whoever starts Gatehouse hands in. */
  readonly secretsKind: SecretStoreKind
  connections(): readonly Connection[]
  onConnectionsChange(listener: () => void): () => void
  /** People who may get a key: everybody who is not disabled. */
  people(): Promise<
    readonly { readonly id: string; readonly name: string; readonly role: RoleId; readonly isOwner: boolean }[]
  >
  /** A key with scopes run and read for 90 days, made by the owner on this computer. The only time it is seen. */
  createKeyFor(accountId: string, name: string): Promise<{ readonly key: string; readonly masked: string }>
  /**
   * Gives a person the folder that the owner picked in a dialog of this computer, and moves what their jobs made.
   * @throws GateError in words; nothing has changed then
   */
  moveFolder(accountId: string, picked: string): Promise<MoveResult>
  /** Where a person's results lie. @throws GateError NOT_FOUND in words while there is nothing to open */
  findFolder(accountId: string): Promise<string>
  findInstallations(): Promise<readonly Candidate[]>
  inspectInstallation(directory: string, python?: string): Promise<Candidate>
  chooseEngine(
    choice: { kind: 'practice' } | { kind: 'comfyui'; directory: string; python?: string | undefined },
  ): Promise<void>
  readonly practicePage: {
    status(): Promise<{ readonly installed: boolean; readonly downloadBytes: number }>
    install(onProgress: (progress: DownloadProgress) => void): Promise<void>
  }
}
